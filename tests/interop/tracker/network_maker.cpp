// Brings a network of wallets online at a tracker, each with a signed announce that claims its
// links: communities on a grid, linked mostly within and to their neighbours.
// usage: tracker_network ADDR:PORT WALLETS [SEED]   prints the wallets, one a line
#include "core/hex.hpp"
#include "identity/wallet.hpp"

#include <boost/asio/connect.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t community_size = 40;
constexpr std::size_t links_a_request = 60;

struct node {
    tau::identity::wallet_key key;
    std::set<std::size_t> links;
};

std::vector<node> make_nodes(std::size_t count, std::uint32_t seed) {
    std::vector<node> out;
    for (std::size_t i = 0; i < count; ++i) {
        tau::bytes secret(32, 1);
        for (int octet = 0; octet < 4; ++octet) {
            secret[octet] = static_cast<std::uint8_t>(seed >> 8 * octet);
            secret[31 - octet] = static_cast<std::uint8_t>(i >> 8 * octet);
        }
        out.push_back({tau::identity::wallet_key::from(secret).value(), {}});
    }
    return out;
}

void make_links(std::vector<node>& nodes, std::uint32_t seed) {
    std::mt19937 dice(seed);
    auto const below = [&](std::size_t bound) { return dice() % bound; };
    auto const communities = (nodes.size() + community_size - 1) / community_size;
    std::size_t side = 1;
    while (side * side < communities)
        ++side;
    auto const join = [&](std::size_t a, std::size_t b) {
        if (a != b && b < nodes.size()) {
            nodes[a].links.insert(b);
            nodes[b].links.insert(a);
        }
    };
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto const home = i / community_size;
        // The first of a community know more of it than the rest.
        auto const known = 1 + below(3);
        for (std::size_t k = 0; k < known; ++k)
            join(i, home * community_size + std::min(below(community_size), below(community_size)));
        if (below(12) == 0)
            join(i, (home + (below(2) == 0 ? 1 : side)) * community_size + below(community_size));
        if (below(50) == 0)
            join(i, below(nodes.size()));
    }
}

class announcer {
public:
    explicit announcer(std::string where) : m_where(std::move(where)), m_stream(m_io) {
        auto const colon = m_where.rfind(':');
        m_stream.connect({boost::asio::ip::make_address(m_where.substr(0, colon)),
                          static_cast<std::uint16_t>(std::stoul(m_where.substr(colon + 1)))});
        m_time = std::chrono::duration_cast<std::chrono::milliseconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
    }

    // Claims links from `first` on; false if the tracker refused.
    bool claim(std::vector<node> const& nodes, std::size_t i, std::vector<std::size_t> const& to) {
        auto const& key = nodes[i].key;
        auto const address = [&](std::size_t n) { return tau::to_hex(nodes[n].key.address()); };
        auto const wallet = tau::to_hex(key.address());
        auto const port = std::to_string(1024 + i % 60'000);
        auto const liveness = 200 + i * 7919 % 801;
        bool const accepts = i % 10 < 7;
        std::string rest;
        for (std::size_t n = 1; n < to.size(); ++n)
            rest += (n > 1 ? "," : "") + address(to[n]);
        auto const time = std::to_string(++m_time);
        auto const statement = "tau-tracker-v1|" + m_where + "|" + wallet + "|" + wallet + "|link|"
                               + address(to[0]) + "|started|" + port + "|0|"
                               + std::to_string(liveness) + "|" + (accepts ? "1" : "0") + "|2|"
                               + rest + "|" + time;
        auto const sign = tau::to_hex(key.personal_sign(tau::as_bytes(statement)));
        auto const share = std::to_string(static_cast<double>(liveness) / 1000.0).substr(0, 5);
        http::request<http::empty_body> request(
            http::verb::get,
            "/announce?info_hash=" + address(to[0]) + "&peer_id=" + wallet + "&port=" + port
                + "&left=0&event=started&wallet=" + wallet + "&action=link&time=" + time
                + "&sign=" + sign + "&liveness=" + share + "&accepts=" + (accepts ? "1" : "0")
                + (rest.empty() ? "" : "&links=" + rest),
            11);
        request.set(http::field::host, m_where);
        request.set(http::field::accept, "application/json");
        http::write(m_stream, request);
        http::response<http::string_body> answer;
        http::read(m_stream, m_buffer, answer);
        if (answer.body().find("\"error\"") == std::string::npos)
            return true;
        std::cerr << answer.body() << '\n';
        return false;
    }

private:
    std::string m_where;
    boost::asio::io_context m_io;
    beast::tcp_stream m_stream;
    beast::flat_buffer m_buffer;
    std::int64_t m_time = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    auto const seed = argc > 3 ? static_cast<std::uint32_t>(std::stoul(argv[3])) : 1U;
    auto nodes = make_nodes(std::stoul(argv[2]), seed);
    make_links(nodes, seed);
    announcer tracker(argv[1]);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        // A wallet without links claims one that nobody claims back.
        std::vector<std::size_t> all(nodes[i].links.begin(), nodes[i].links.end());
        if (all.empty())
            all.push_back((i + 1) % nodes.size());
        for (std::size_t from = 0; from < all.size(); from += links_a_request) {
            auto const end = std::min(all.size(), from + links_a_request);
            std::vector<std::size_t> const part(all.begin() + static_cast<std::ptrdiff_t>(from),
                                                all.begin() + static_cast<std::ptrdiff_t>(end));
            if (!tracker.claim(nodes, i, part))
                return 1;
        }
        std::cout << tau::identity::to_eip55(nodes[i].key.address()) << '\n';
    }
}
