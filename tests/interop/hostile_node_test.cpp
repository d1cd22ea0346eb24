// Nodes that misbehave, or that protect themselves against us.
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"
#include "wire/bencode_node.hpp"
#include "wire/krpc.hpp"

#include <libtorrent/bdecode.hpp>
#include <libtorrent/settings_pack.hpp>

#include <boost/asio/ip/udp.hpp>

#include <gtest/gtest.h>

namespace tau {
namespace {

using namespace std::chrono_literals;
using udp = boost::asio::ip::udp;

struct HostileNode : testing::Test {
    HostileNode()
        : author_session(dht.add_session()), reader_session(dht.add_session()),
          author(author_session, test::keys_of(1)), reader(reader_session, test::keys_of(2)) {}

    void publish(std::string const& value) {
        bool stored = false;
        ASSERT_FALSE(author.dht().put(chan, 5, to_bytes(value),
                                      [&](dht::put_report report) { stored = report.nodes > 0; }));
        ASSERT_TRUE(dht.run_until([&] { return stored; }));
    }

    std::optional<dht::got_item> get(endpoint const& ask_at,
                                     dht::get_mode mode = dht::get_mode::automatic) {
        std::optional<dht::got_item> out;
        bool done = false;
        reader.dht().get(
            {{author.keys().key(), chan}, mode, ask_at},
            {[&](dht::got_item const& item) { out = item; }, [&](error_code) { done = true; }});
        EXPECT_TRUE(dht.run_until([&] { return done; }, 40s));
        return out;
    }

    wire::salt const chan = wire::salt::from("chan").value();
    test::private_dht dht{16};
    plugins::owned_session& author_session;
    plugins::owned_session& reader_session;
    plugin_set author;
    plugin_set reader;
};

/// Passes each query of the reader on to the author, and the answer back from another
/// port than the one that was asked, as a spoofer beside the path would.
class crooked_relay {
public:
    crooked_relay(boost::asio::io_context& context, endpoint author)
        : m_front(context, endpoint(address(), 0)), m_back(context, endpoint(address(), 0)),
          m_author(std::move(author)) {
        receive_query();
        receive_answer();
    }
    ~crooked_relay() {
        m_front.close();
        m_back.close();
    }
    [[nodiscard]] endpoint where() const { return m_front.local_endpoint(); }
    [[nodiscard]] int answers() const { return m_answers; }

private:
    static ip_address address() { return boost::asio::ip::make_address("127.9.9.1"); }

    void receive_query() {
        m_front.async_receive_from(boost::asio::buffer(m_query), m_reader,
                                   [this](error_code const& failed, std::size_t size) {
                                       if (failed)
                                           return;
                                       m_back.send_to(boost::asio::buffer(m_query, size), m_author);
                                       receive_query();
                                   });
    }
    void receive_answer() {
        m_back.async_receive_from(boost::asio::buffer(m_answer), m_from,
                                  [this](error_code const& failed, std::size_t size) {
                                      if (failed)
                                          return;
                                      ++m_answers;
                                      m_back.send_to(boost::asio::buffer(m_answer, size), m_reader);
                                      receive_answer();
                                  });
    }

    udp::socket m_front, m_back;
    endpoint m_author, m_reader, m_from;
    std::array<char, 2048> m_query{}, m_answer{};
    int m_answers = 0;
};

TEST_F(HostileNode, CannotAnswerFromAnotherPort) {
    publish("5:hello");
    crooked_relay relay(dht.context(), test::private_dht::endpoint_of(author_session));
    EXPECT_FALSE(get(relay.where(), dht::get_mode::direct));
    EXPECT_GT(relay.answers(), 0);
    EXPECT_GT(reader.dht_engine().stats().dropped_wrong_source, 0U);

    auto const item = get(relay.where());
    ASSERT_TRUE(item);
    EXPECT_EQ(item->source, dht::get_source::recursive);
}

/// Stores `item` at `node` as BEP 44 asks for it. The token is asked for with get_peers,
/// which gives one for any target. True if the node acknowledged it.
bool store_at(test::private_dht& dht, endpoint const& node, wire::mutable_item const& item) {
    udp::socket socket(dht.context(), endpoint(boost::asio::ip::make_address("127.9.9.2"), 0));
    socket.non_blocking(true);
    auto const ask = [&](lt::entry message) {
        message["t"] = "aa";
        message["y"] = "q";
        message["a"]["id"] = std::string(20, 'i');
        socket.send_to(boost::asio::buffer(wire::encode_bencode(message)), node);
        std::array<char, 2048> answer{};
        std::size_t size = 0;
        dht.run_until([&] {
            error_code nothing;
            size = socket.receive(boost::asio::buffer(answer), 0, nothing);
            return !nothing && size > 0;
        });
        return std::string(answer.data(), size);
    };
    lt::entry get_peers(lt::entry::dictionary_t);
    get_peers["q"] = "get_peers";
    get_peers["a"]["info_hash"] = std::string(as_text(wire::target_of(item.address)));
    auto const given = ask(get_peers);
    auto const token =
        std::string(lt::bdecode(given).dict_find_dict("r").dict_find_string_value("token"));
    auto const answer = ask(wire::encode_put(item, as_bytes(token)));
    return lt::bdecode(answer).dict_find_string_value("y") == "r";
}

TEST_F(HostileNode, CannotMakeTheAuthorAnswerWithAnOlderItem) {
    publish("5:hello");
    auto const old = get(test::private_dht::endpoint_of(author_session), dht::get_mode::direct);
    ASSERT_TRUE(old);
    ASSERT_FALSE(author.dht().put(chan, 7, to_bytes(std::string_view("5:newer")), {}));
    dht.run_for(50ms);
    auto const where = test::private_dht::endpoint_of(author_session);
    EXPECT_TRUE(store_at(dht, where, old->item)); // libtorrent takes it
    auto const item = get(where, dht::get_mode::direct);
    ASSERT_TRUE(item);
    EXPECT_EQ(item->item.seq, 7);
    EXPECT_EQ(item->item.value, to_bytes(std::string_view("5:newer")));
}

/// Asks a node for nothing in particular from the address that `like` has, until it
/// answers no more; true if it went silent within the limit.
bool provoke_block(test::private_dht& dht, endpoint const& node, endpoint const& like) {
    udp::socket socket(dht.context(), endpoint(like.address(), 0));
    socket.non_blocking(true);
    std::string const ping = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
    std::array<char, 2048> answer;
    for (int sent = 0, answered = 0; sent < 400; ++sent) {
        socket.send_to(boost::asio::buffer(ping), node);
        dht.run_for(1ms);
        error_code nothing;
        while (socket.receive(boost::asio::buffer(answer), 0, nothing) > 0 && !nothing)
            ++answered;
        if (sent > answered + 100)
            return true;
    }
    return false;
}

TEST_F(HostileNode, ThatBlocksUsIsAskedAroundAfterOneSecond) {
    publish("5:hello");
    auto& guarded = dht.add_session([](lt::settings_pack& settings) {
        settings.set_int(lt::settings_pack::dht_block_ratelimit, 5); // libtorrent's default
    });
    auto const where = test::private_dht::endpoint_of(guarded);
    ASSERT_TRUE(provoke_block(dht, where, test::private_dht::endpoint_of(reader_session)));
    auto const item = get(where);
    ASSERT_TRUE(item);
    EXPECT_EQ(item->source, dht::get_source::recursive);
    EXPECT_GE(item->elapsed, 1s);
    EXPECT_LT(item->elapsed, 2s);
}

TEST_F(HostileNode, WithStockSettingsIsNotProvokedByManyGets) {
    auto& guarded = dht.add_session([](lt::settings_pack& settings) {
        settings.set_int(lt::settings_pack::dht_block_ratelimit, 5);
        settings.set_int(lt::settings_pack::dht_upload_rate_limit, 8000);
    });
    auto const where = test::private_dht::endpoint_of(guarded);
    constexpr int gets = 24;
    int ended = 0;
    for (int i = 0; i < gets; ++i)
        reader.dht().get({{author.keys().key(), wire::salt::from(std::to_string(i)).value()},
                          dht::get_mode::direct,
                          where},
                         {{}, [&](error_code) { ++ended; }});
    ASSERT_TRUE(dht.run_until([&] { return ended == gets; }, 40s));
    EXPECT_EQ(reader.dht_engine().stats().gets_not_found, static_cast<unsigned>(gets))
        << "some were not answered: the node took us for a flooder";
}

} // namespace
} // namespace tau
