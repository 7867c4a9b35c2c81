# Every target of ours links multiconn_warnings privately: users of the installed library do not inherit it.
add_library(multiconn_warnings INTERFACE)
target_compile_options(multiconn_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wcast-qual -Wformat=2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these wrongly inside libstdc++ once inlining meets sanitizers.
  target_compile_options(multiconn_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread)
endif()
