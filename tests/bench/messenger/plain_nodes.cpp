// Plain libtorrent nodes that form a DHT at 10.77.1.1:6881, 10.77.2.1:6881 and so on, until
// standard input closes. Prints "ready" once every table is usable.
// usage: plain_nodes [--nodes N] [--link N]
//   --link  instead, nodes that join that DHT from 10.78.N.2:6881, 10.78.N.3:6881 ...
#include "arguments.hpp"
#include "plugins/session/local_network.hpp"
#include "support/private_dht.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace tau::bench {
namespace {

constexpr std::uint16_t port = 6881;

// One address per /24, as the routing table's limits on close addresses ask for.
std::string address_of(std::size_t node) {
    return "10.77." + std::to_string(node + 1) + ".1";
}

std::string linked_address_of(std::size_t link, std::size_t node) {
    return "10.78." + std::to_string(link) + "." + std::to_string(node + 2);
}

int run(arguments const& given) {
    auto const link = given.number("--link", 0);
    test::skip_certificates();
    plugins::local_network_options options;
    options.nodes = given.number("--nodes", 40);
    options.adjust = [link](std::size_t index, lt::settings_pack& settings) {
        auto const address = link > 0 ? linked_address_of(link, index) : address_of(index);
        settings.set_str(lt::settings_pack::listen_interfaces,
                         address + ":" + std::to_string(port));
    };
    boost::asio::io_context context{1};
    plugins::local_network network(context, options);
    network.start([&] {
        for (std::size_t i = 0; link > 0 && i < network.size(); ++i)
            network.node(i).session().add_dht_node({address_of(0), port});
        std::cout << "ready" << std::endl;
    });
    boost::asio::posix::stream_descriptor in(context, ::dup(STDIN_FILENO));
    in.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                  [](error_code const&) { std::_Exit(0); });
    context.run();
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}
