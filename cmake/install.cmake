# cmake --install: the public headers, the libraries, and a package for find_package(multiconn [COMPONENTS media origin agent librtmp]).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/multiconn)
set(core multiconn_headers multiconn_rtmp multiconn_net multiconn)

foreach(target IN LISTS core ITEMS multiconn_http multiconn_media multiconn_origin multiconn_librtmp multiconn_balance multiconn_agent)
  # Warnings are our own affair; the folders of the sources are not installed.
  get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
  list(FILTER libraries EXCLUDE REGEX "multiconn_warnings|libraries-NOTFOUND")
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
endforeach()
set_target_properties(multiconn_headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
  "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>;$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
# Users of the headers need it too, and are given it.
target_compile_features(multiconn_headers INTERFACE cxx_std_20)
set_target_properties(multiconn_rtmp PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/sdk>")
set_target_properties(multiconn_media PROPERTIES EXPORT_NAME media)
set_target_properties(multiconn_origin PROPERTIES EXPORT_NAME origin)
set_target_properties(multiconn_librtmp PROPERTIES EXPORT_NAME librtmp)
set_target_properties(multiconn_agent PROPERTIES EXPORT_NAME agent)
set_target_properties(multiconn_balance multiconn_agent PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
  "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/tools>")

install(DIRECTORY include/multiconn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${core} EXPORT multiconn-core)
install(TARGETS multiconn_media EXPORT multiconn-media)
install(TARGETS multiconn_http multiconn_origin EXPORT multiconn-origin)
install(TARGETS multiconn_librtmp EXPORT multiconn-librtmp)
install(TARGETS multiconn_balance multiconn_agent EXPORT multiconn-agent)
foreach(component core media origin agent librtmp)
  install(EXPORT multiconn-${component} NAMESPACE multiconn:: DESTINATION ${package_dir})
endforeach()
set(programs multiconn-publish multiconn-origin multiconn-balancer multiconn-agent multiconn-ctl multiconn-bench)
install(TARGETS ${programs})

install(FILES docs/deploy/haproxy.cfg DESTINATION ${CMAKE_INSTALL_DATADIR}/multiconn)
file(GLOB units docs/deploy/*.service)
install(FILES ${units} DESTINATION ${CMAKE_INSTALL_DATADIR}/multiconn/systemd)

# What there is to install, without tests and samples.
add_custom_target(installed)
add_dependencies(installed ${core} multiconn_http multiconn_media multiconn_origin multiconn_agent multiconn_librtmp
                 ${programs})

write_basic_package_version_file(${CMAKE_BINARY_DIR}/multiconn-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/multiconn-config.cmake ${CMAKE_BINARY_DIR}/multiconn-config-version.cmake DESTINATION ${package_dir})
