// Clients that come and go, thousands of them, until standard input ends. Each second
// prints a line of JSON: what they saw, and how many wait for an answer for long.
// usage: tracker_soak_load ADDRESS:PORT [--udp N] [--http N] [--wallets N] [--interval-ms N]
#include "soak/http_peer.hpp"
#include "soak/udp_peer.hpp"
#include "soak/wallet_peer.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>

namespace {

using namespace tau;
using namespace tau::soak;
using namespace std::chrono_literals;

// Who waited as long needs help: the longest patience between two attempts, and some.
constexpr milliseconds too_long = 10s;

struct population {
    std::string tracker;
    std::uint32_t udp = 4000;
    std::uint32_t http = 400;
    std::uint32_t wallets = 400;
    std::uint32_t interval_ms = 400;
};

/// Each client has an address; all of 10.77.0.0/16 belongs to this machine.
ip_address address_number(std::uint32_t n) {
    return boost::asio::ip::address_v4(0x0a4d'3201U + n / 250 * 256 + n % 250);
}

void print_seen(world& w, std::vector<std::unique_ptr<peer>> const& peers) {
    auto const now = clock_type::now();
    auto const unserved = std::count_if(peers.begin(), peers.end(),
                                        [&](auto const& p) { return p->waiting(now) > too_long; });
    auto const& s = w.seen;
    std::cout << nlohmann::json{{"udp", s.udp},
                                {"http", s.http},
                                {"signed", s.signed_ones},
                                {"expired", s.expired},
                                {"unanswered", s.unanswered},
                                {"reconnects", s.reconnects},
                                {"routes", s.routes},
                                {"found", s.found},
                                {"lives", s.lives},
                                {"longest_ms", s.longest.count()},
                                {"unserved", unserved},
                                {"refused", s.refused}}
                     .dump()
              << std::endl;
    w.seen = {};
}

void run(population const& p) {
    boost::asio::io_context io;
    world w{io, parse_endpoint(p.tracker).value(), milliseconds(p.interval_ms), p.wallets, {}};
    std::vector<std::unique_ptr<peer>> peers;
    std::uint32_t number = 0;
    for (std::uint32_t i = 0; i < p.udp; ++i)
        peers.push_back(std::make_unique<plain_peer>(w, address_number(number++)));
    for (std::uint32_t i = 0; i < p.http; ++i)
        peers.push_back(std::make_unique<http_peer>(w, address_number(number++)));
    for (std::uint32_t i = 0; i < p.wallets; ++i)
        peers.push_back(std::make_unique<wallet_peer>(w, address_number(number++), i));
    boost::asio::steady_timer timer(io);
    std::function<void()> const each_second = [&] {
        timer.expires_after(1s);
        timer.async_wait([&](error_code) {
            print_seen(w, peers);
            each_second();
        });
    };
    each_second();
    boost::asio::posix::stream_descriptor input(io, STDIN_FILENO);
    char octet = 0;
    input.async_read_some(boost::asio::buffer(&octet, 1),
                          [&](error_code, std::size_t) { io.stop(); });
    io.run();
    input.release();
}

} // namespace

int main(int argc, char** argv) {
    population p;
    CLI::App app("Clients of a tracker that come and go.");
    app.add_option("tracker", p.tracker, "address:port of both its UDP and HTTP")->required();
    app.add_option("--udp", p.udp, "clients over UDP");
    app.add_option("--http", p.http, "clients over HTTP");
    app.add_option("--wallets", p.wallets, "wallets, which sign");
    app.add_option("--interval-ms", p.interval_ms, "between two announces of a client");
    CLI11_PARSE(app, argc, argv);
    run(p);
}
