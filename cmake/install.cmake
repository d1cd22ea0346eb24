# Installs the plugin set for embedders: static libraries, headers below include/tau/,
# find_package(tau) and pkg-config. Tools, servers (net) and tests are not part of it.
include(CMakePackageConfigHelpers)

get_property(tau_layers GLOBAL PROPERTY TAU_LAYERS)
list(FILTER tau_layers EXCLUDE REGEX "^net")

set(tau_targets tau_options)
set(tau_link_flags "")
foreach(layer IN LISTS tau_layers)
    list(APPEND tau_targets tau_${layer})
    string(APPEND tau_link_flags " -ltau_${layer}")
endforeach()
set_target_properties(tau_options PROPERTIES EXPORT_NAME options)

install(TARGETS ${tau_targets} EXPORT tau
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT plugin_set)
install(EXPORT tau NAMESPACE tau:: FILE tauTargets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tau COMPONENT plugin_set)

foreach(layer IN LISTS tau_layers)
    if(layer MATCHES "^plugin_(.*)$")
        set(folder plugins/${CMAKE_MATCH_1})
        set(from ${PROJECT_SOURCE_DIR}/${folder})
    else()
        set(folder ${layer})
        set(from ${PROJECT_SOURCE_DIR}/src/${folder})
    endif()
    install(DIRECTORY ${from}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tau/${folder}
        COMPONENT plugin_set FILES_MATCHING PATTERN "*.hpp")
endforeach()

write_basic_package_version_file(${PROJECT_BINARY_DIR}/tauConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_SOURCE_DIR}/cmake/tauConfig.cmake
    ${PROJECT_SOURCE_DIR}/cmake/dependencies.cmake
    ${PROJECT_BINARY_DIR}/tauConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/tau COMPONENT plugin_set)

configure_file(${PROJECT_SOURCE_DIR}/cmake/tau.pc.in ${PROJECT_BINARY_DIR}/tau.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tau.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT plugin_set)
