#include "plugins/session/interfaces.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tau::plugins {
namespace {

std::vector<ip_address> interface_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0)
        return {};
    std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> const guard(list, ::freeifaddrs);
    std::vector<ip_address> out;
    for (auto const* next = list; next != nullptr; next = next->ifa_next) {
        if (next->ifa_addr == nullptr)
            continue;
        if (next->ifa_addr->sa_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, next->ifa_addr, sizeof v4);
            out.emplace_back(boost::asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)));
        } else if (next->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, next->ifa_addr, sizeof v6);
            boost::asio::ip::address_v6::bytes_type octets;
            std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
            out.emplace_back(boost::asio::ip::address_v6(octets));
        }
    }
    return out;
}

} // namespace

std::vector<endpoint> reachable_as(std::vector<endpoint> const& listening) {
    std::vector<endpoint> out;
    auto const add = [&out](endpoint const& where) {
        if (std::find(out.begin(), out.end(), where) == out.end())
            out.push_back(where);
    };
    for (auto const& where : listening) {
        if (!where.address().is_unspecified()) {
            add(where);
            continue;
        }
        for (auto const& address : interface_addresses())
            if (address.is_v4() == where.address().is_v4())
                add({address, where.port()});
    }
    return out;
}

} // namespace tau::plugins
