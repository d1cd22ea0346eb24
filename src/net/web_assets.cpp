#include "net/web_assets.hpp"

namespace tau::net {

void add_web_assets(router& routes, std::span<web_asset const> files, std::string_view policy) {
    for (auto const& file : files)
        routes.add(
            {"GET", std::string(file.path),
             [file, policy = std::string(policy)](http_request const&, http_reply const& reply) {
                 http_response out;
                 out.content_type = file.content_type;
                 out.body = file.body;
                 if (!policy.empty())
                     out.fields.emplace_back("Content-Security-Policy", policy);
                 reply.send(std::move(out));
             },
             route_access::open});
}

} // namespace tau::net
