#include "network_process.hpp"

#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"
#include "tau_config.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace tau::bench {
namespace {

/// The life of the other process.
class network_side {
public:
    network_side(network_options const& options, int in, int out)
        : m_options(options), m_out(out), m_dht(options.nodes), m_session(m_dht.add_session()),
          m_author(m_session, test::keys_of(author_seed), open_options()),
          m_in(m_dht.context(), in) {}

    void run() {
        put_items();
        for (std::size_t i = 0; i < m_options.nodes; ++i)
            write_line(m_out, to_string(m_dht.network().endpoint_of(i)));
        write_line(m_out, to_string(test::private_dht::endpoint_of(m_session)));
        read_command();
        for (;;)
            m_dht.run_for(std::chrono::hours(1));
    }

private:
    void put_items() {
        std::size_t done = 0, lost = 0;
        for (std::size_t i = 0; i < m_options.items; ++i) {
            auto const refused = m_author.dht().put(
                wire::salt::from(item_salt(i)).value(), 1, item_value(i),
                [&](dht::put_report report) { (report.nodes > 0 ? done : lost) += 1; });
            if (refused)
                throw std::runtime_error(refused.message());
        }
        if (!m_dht.run_until([&] { return done + lost == m_options.items; },
                             std::chrono::minutes(5))
            || lost > 0)
            std::cerr << "benchmark: " << m_options.items - done << " items were not stored\n";
    }

    void read_command() {
        boost::asio::async_read_until(m_in, m_buffer, '\n',
                                      [this](error_code const& failed, std::size_t) {
                                          std::istream stream(&m_buffer);
                                          std::string word;
                                          if (failed || !(stream >> word))
                                              std::_Exit(0);
                                          if (word == "path") {
                                              test::path wanted;
                                              stream >> wanted.delay_ms >> wanted.loss_percent;
                                              test::set_path(wanted);
                                          } else if (word == "kill") {
                                              std::size_t count = 0;
                                              stream >> count;
                                              for (std::size_t i = 0; i < count; ++i)
                                                  m_dht.network().kill(m_killed++);
                                          }
                                          stream.ignore();
                                          write_line(m_out, "ok");
                                          read_command();
                                      });
    }

    network_options m_options;
    int m_out;
    test::private_dht m_dht;
    plugins::owned_session& m_session;
    plugin_set m_author;
    boost::asio::posix::stream_descriptor m_in;
    boost::asio::streambuf m_buffer;
    std::size_t m_killed = 0;
};

} // namespace

std::string item_salt(std::size_t index) {
    return "item" + std::to_string(index);
}

bytes item_value(std::size_t index) {
    seeded_random random(index);
    std::string text(value_bytes, ' ');
    random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return to_bytes(std::to_string(value_bytes) + ":" + text);
}

network_process::network_process(network_options options)
    : m_child([options](int in, int out) { network_side(options, in, out).run(); }) {
    for (std::size_t i = 0; i < options.nodes; ++i)
        m_nodes.push_back(parse_endpoint(m_child.read_line()).value());
    m_author = parse_endpoint(m_child.read_line()).value();
}

void network_process::set_path(test::path const& wanted) {
    std::ostringstream line;
    line << "path " << wanted.delay_ms << ' ' << wanted.loss_percent;
    command(line.str());
    test::set_path(wanted);
}

double network_process::cpu_seconds() const {
    // proc(5): the 14th and 15th field are user and system time in clock ticks; the second
    // is the program's name in brackets.
    std::ifstream file("/proc/" + std::to_string(m_child.id()) + "/stat");
    std::string const text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 3; i < 14; ++i)
        fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void network_process::kill(std::size_t count) {
    command("kill " + std::to_string(count));
}

void network_process::command(std::string const& line) {
    if (m_child.ask(line) != "ok")
        throw std::runtime_error("the network process did not obey");
}

} // namespace tau::bench
