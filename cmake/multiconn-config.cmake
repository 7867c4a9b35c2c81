# find_package(multiconn [COMPONENTS media origin]): multiconn::multiconn, and on request multiconn::media (needs FFmpeg's
# development files) and multiconn::origin (needs Boost.JSON).
include(CMakeFindDependencyMacro)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_dependency(OpenSSL 3.0)
find_dependency(Threads)
find_dependency(Boost 1.81)
include(${CMAKE_CURRENT_LIST_DIR}/multiconn-core.cmake)

foreach(component IN LISTS multiconn_FIND_COMPONENTS)
  if(component STREQUAL "media")
    find_dependency(PkgConfig)
    pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
      libavformat libavcodec libavdevice libavutil libswresample libswscale)
  elseif(component STREQUAL "origin")
    find_dependency(Boost 1.81 COMPONENTS json)
  else()
    set(multiconn_FOUND FALSE)
    set(multiconn_NOT_FOUND_MESSAGE "multiconn has no component ${component}: there are media and origin")
    return()
  endif()
  include(${CMAKE_CURRENT_LIST_DIR}/multiconn-${component}.cmake)
  set(multiconn_${component}_FOUND TRUE)
endforeach()
