#include "tau_node/name_lookup.hpp"

#include <boost/asio/ip/address.hpp>

#include <netdb.h>
#include <netinet/in.h>

namespace tau::node {
namespace {

// A name with more addresses than this is no node of ours.
constexpr std::size_t max_addresses = 4;

std::vector<endpoint> resolve(identity::host_port const& where) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    std::vector<endpoint> out;
    if (::getaddrinfo(where.host.c_str(), nullptr, &hints, &list) != 0)
        return out;
    for (auto const* i = list; i != nullptr && out.size() < max_addresses; i = i->ai_next) {
        if (i->ai_family == AF_INET) {
            auto const* const in = reinterpret_cast<sockaddr_in const*>(i->ai_addr);
            out.emplace_back(boost::asio::ip::address_v4(ntohl(in->sin_addr.s_addr)), where.port);
        } else if (i->ai_family == AF_INET6) {
            auto const* const in = reinterpret_cast<sockaddr_in6 const*>(i->ai_addr);
            boost::asio::ip::address_v6::bytes_type octets{};
            std::copy(std::begin(in->sin6_addr.s6_addr), std::end(in->sin6_addr.s6_addr),
                      octets.begin());
            out.emplace_back(boost::asio::ip::address_v6(octets, in->sin6_scope_id), where.port);
        }
    }
    ::freeaddrinfo(list);
    return out;
}

} // namespace

void look_up(worker_pool& workers, identity::host_port const& where, lookup_names names,
             std::function<void(std::vector<endpoint>)> found) {
    error_code ec;
    auto const literal = boost::asio::ip::make_address(where.host, ec);
    bool const is_literal = !ec;
    workers.run(
        [where, literal, is_literal, names]() -> std::vector<endpoint> {
            if (is_literal)
                return {endpoint(literal, where.port)};
            return names == lookup_names::yes ? resolve(where) : std::vector<endpoint>{};
        },
        std::move(found));
}

} // namespace tau::node
