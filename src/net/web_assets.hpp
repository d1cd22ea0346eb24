#pragma once

#include "net/router.hpp"

#include <span>
#include <string_view>

namespace tau::net {

/// One file of a page that is built into a program (cmake/web_assets.cmake).
struct web_asset {
    std::string_view path; ///< "/" for the page itself
    std::string_view content_type;
    std::string_view body; ///< lives as long as the program
};

/// Serves the page's files without a token: they hold no secret, and the page asks its
/// user for the token. Host and Origin are checked all the same. `policy` replaces the
/// Content-Security-Policy of the files if it is not empty.
/// Source: CSP Level 3; docs/api.md.
void add_web_assets(router& routes, std::span<web_asset const> files, std::string_view policy = {});

} // namespace tau::net
