#include "plugins/dht/local_ipv6.hpp"

#include <libtorrent/entry.hpp>

#include <algorithm>

namespace tau::plugins {
namespace {

// Addresses of which libtorrent believes nobody that they are ours (its is_local()).
bool never_believed(ip_address const& where) {
    if (!where.is_v6())
        return false;
    auto const v6 = where.to_v6();
    bool const unique_local = (v6.to_bytes()[0] & 0xfe) == 0xfc;
    return unique_local || v6.is_loopback() || v6.is_link_local() || v6.is_site_local();
}

} // namespace

ip_address const& local_ipv6::stand_in() {
    static ip_address const address = boost::asio::ip::make_address("100::1");
    return address;
}

std::vector<endpoint> local_ipv6::sockets_to_ask(std::vector<endpoint> const& sockets) {
    std::lock_guard const lock(m_mutex);
    std::vector<endpoint> out;
    for (auto const& socket : sockets) {
        auto const& where = socket.address();
        if (where.is_v4() || where.is_unspecified())
            continue;
        if (!never_believed(where))
            return {};
        if (std::find(m_asked.begin(), m_asked.end(), socket) == m_asked.end())
            out.push_back(socket);
    }
    m_asked.insert(m_asked.end(), out.begin(), out.end());
    return out;
}

bool local_ipv6::answer(std::string_view, endpoint const& source, lt::bdecode_node const&,
                        lt::entry& response) noexcept {
    std::lock_guard const lock(m_mutex);
    if (std::find(m_asked.begin(), m_asked.end(), source) != m_asked.end()) {
        auto const seen = to_compact({stand_in(), source.port()});
        response["ip"] = std::string(seen.begin(), seen.end());
    }
    return false; // libtorrent answers the rest
}

} // namespace tau::plugins
