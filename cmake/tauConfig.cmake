# find_package(tau): link tau::plugin_tau and include "plugins/tau/plugin_set.hpp".
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/tauTargets.cmake)
