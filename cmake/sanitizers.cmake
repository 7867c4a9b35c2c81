if(MULTICONN_SANITIZE)
  add_compile_options(-fsanitize=${MULTICONN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MULTICONN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND MULTICONN_SANITIZE MATCHES "thread")
    # Asio's fences, which ThreadSanitizer does not see; a mutex stands beside each of them.
    add_compile_options(-Wno-tsan)
  endif()
endif()
