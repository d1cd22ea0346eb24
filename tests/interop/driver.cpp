// A private DHT with one Tau member, driven by lines on stdin: what the scripts that
// speak for other implementations are tested against.
//
//   put SALT SEQ VALUE_HEX      -> put NODES | error MESSAGE
//   get KEY_HEX SALT [HOST:PORT] -> got SEQ VALUE_HEX SOURCE | error MESSAGE
//   quit (or end of input)
//
// The first line out is JSON: where the member and the other nodes are, and its key.
// SALT is text; "-" is the empty salt. VALUE_HEX is bencoded.
#include "core/hex.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>

#include <unistd.h>

#include <iostream>
#include <sstream>
#include <string>

namespace tau {
namespace {

wire::salt salt_of(std::string const& word) {
    return wire::salt::from(word == "-" ? std::string() : word).value();
}

class driver {
public:
    driver() : m_dht(8), m_session(m_dht.add_session()), m_tau(m_session, test::keys_of(7)) {}

    int run() {
        greet();
        read_line();
        while (!m_done)
            m_dht.run_until([this] { return m_done; });
        return 0;
    }

private:
    void greet() {
        std::cout << R"({"tau":")" << to_string(test::private_dht::endpoint_of(m_session))
                  << R"(","key":")" << to_hex(m_tau.keys().key()) << R"(","nodes":[)";
        for (std::size_t i = 0; i < m_dht.network().size(); ++i)
            std::cout << (i ? "," : "") << '"' << to_string(m_dht.network().endpoint_of(i)) << '"';
        std::cout << "]}" << std::endl;
    }

    void read_line() {
        boost::asio::async_read_until(m_input, m_buffer, '\n',
                                      [this](error_code const& failed, std::size_t) {
                                          std::istream stream(&m_buffer);
                                          std::string line;
                                          if (failed || !std::getline(stream, line))
                                              m_done = true;
                                          else
                                              obey(line);
                                      });
    }

    void obey(std::string const& line) {
        std::istringstream words(line);
        std::string command;
        words >> command;
        if (command == "put")
            put(words);
        else if (command == "get")
            get(words);
        else
            m_done = true;
    }

    void answer(std::string const& line) {
        std::cout << line << std::endl;
        read_line();
    }

    void put(std::istringstream& words) {
        std::string salt, value;
        std::int64_t seq = 0;
        words >> salt >> seq >> value;
        auto const refused = m_tau.dht().put(
            salt_of(salt), seq, from_hex(value).value(),
            [this](dht::put_report report) { answer("put " + std::to_string(report.nodes)); });
        if (refused)
            answer("error " + refused.message());
    }

    void get(std::istringstream& words) {
        std::string key, salt, where;
        words >> key >> salt >> where;
        dht::get_request request{{fixed_from_hex<public_key>(key).value(), salt_of(salt)}};
        if (!where.empty())
            request.ask_at = parse_endpoint(where).value();
        auto const found = std::make_shared<std::string>();
        dht::get_observer observer;
        observer.on_item = [found](dht::got_item const& got) {
            *found = "got " + std::to_string(got.item.seq) + " " + to_hex(got.item.value) + " "
                     + (got.source == dht::get_source::direct ? "direct" : "recursive");
        };
        observer.on_done = [this, found](error_code ec) {
            answer(ec ? "error " + ec.message() : *found);
        };
        m_tau.dht().get(std::move(request), std::move(observer));
    }

    test::private_dht m_dht;
    plugins::owned_session& m_session;
    plugin_set m_tau;
    boost::asio::posix::stream_descriptor m_input{m_dht.context(), ::dup(STDIN_FILENO)};
    boost::asio::streambuf m_buffer;
    bool m_done = false;
};

} // namespace
} // namespace tau

int main() {
    return tau::driver().run();
}
