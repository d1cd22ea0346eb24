# tau::options carries warnings and sanitizers to every target of ours.
add_library(tau_options INTERFACE)
add_library(tau::options ALIAS tau_options)
target_compile_options(tau_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(TAU_WERROR)
    target_compile_options(tau_options INTERFACE -Werror)
endif()

# clang warns of what GCC 12's own headers use to sort.
target_compile_options(tau_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

# Sanitizers hold for the whole build, third-party headers included.
if(TAU_SANITIZE STREQUAL "address")
    # What the sanitizers add hides from GCC that a variable is always set.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
        -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    add_link_options(-fsanitize=address,undefined)
elseif(TAU_SANITIZE STREQUAL "thread")
    # Asio's fences are unknown to ThreadSanitizer; GCC warns of each. Its locks are known.
    add_compile_options(-fsanitize=thread $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    add_link_options(-fsanitize=thread)
elseif(TAU_SANITIZE STREQUAL "fuzzer")
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
    add_link_options(-fsanitize=address,undefined)
elseif(TAU_SANITIZE)
    message(FATAL_ERROR "TAU_SANITIZE=${TAU_SANITIZE}: use address, thread or fuzzer")
endif()

# tau_layer(<folder> SOURCES ... [PUBLIC libs] [PRIVATE libs]): the static
# library tau_<folder>, alias tau::<folder>, of one folder below src/ or plugins/.
function(tau_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(tau_${name} STATIC ${ARG_SOURCES})
    add_library(tau::${name} ALIAS tau_${name})
    target_compile_features(tau_${name} PUBLIC cxx_std_20)
    target_include_directories(tau_${name} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tau>)
    set_target_properties(tau_${name} PROPERTIES EXPORT_NAME ${name})
    set_property(GLOBAL APPEND PROPERTY TAU_LAYERS ${name})
    target_link_libraries(tau_${name} PUBLIC ${ARG_PUBLIC} PRIVATE tau::options ${ARG_PRIVATE})
endfunction()
