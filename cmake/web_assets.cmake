# tau_web_assets(<target> <folder>...): builds the files of each <folder> into <target>, so
# that a program needs no files beside it. `#include "<target>_assets.hpp"` declares
# tau::<target>_assets(): paths are relative to the folders, index.html is "/".
function(tau_web_assets target)
    string(MAKE_C_IDENTIFIER ${target} name)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${name}_assets)
    set(files "")
    foreach(folder IN LISTS ARGN)
        file(GLOB found CONFIGURE_DEPENDS ${folder}/*)
        list(APPEND files ${found})
    endforeach()
    set(embed ${PROJECT_SOURCE_DIR}/cmake/embed_assets.cmake)
    add_custom_command(OUTPUT ${out}.cpp ${out}.hpp
        COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D OUT=${out} "-DFILES='${files}'" -P ${embed}
        DEPENDS ${files} ${embed}
        COMMENT "Embedding the web page of ${target}"
        VERBATIM)
    target_sources(${target} PRIVATE ${out}.cpp ${out}.hpp)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
