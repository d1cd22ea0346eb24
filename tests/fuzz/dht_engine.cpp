// A DHT engine among hostile nodes: the input is a row of messages, each two octets of
// length (the highest bits say what it is taken for) and its octets.
#include "support/engine_driver.hpp"

#include <cstdlib>

namespace {

using namespace tau;
using namespace std::chrono_literals;

struct hostile_world {
    test::signer alice{'a'};
    test::signer bob{'b'};
    test::engine_driver node{alice};
    endpoint const place = test::far_endpoint(1);
    std::vector<dht::request_id> asked;

    hostile_world() {
        (void)node.core.put({}, 1, to_bytes(as_bytes("2:hi")), {}, node.clock.now());
        node.core.offer(bob.key(), {{bob.item("c", 1, "1:x")}, {}});
        node.core.on_parcel([](dht::incoming_parcel const&) {});
        (void)node.get({bob.address("c"), dht::get_mode::automatic, place, -1});
        node.core.exchange(
            bob.key(), {}, place, [](auto const&) {}, node.clock.now());
        collect();
    }
    void collect() {
        node.pump();
        for (auto const& query : node.take<dht::send_query>())
            asked.push_back(query.id);
        node.actions.clear();
    }
    void take(unsigned kind, byte_view message) {
        auto const parsed = wire::parse_bencode(message);
        if (!parsed)
            return;
        auto const& m = parsed.value();
        auto const now = node.clock.now();
        if (kind == 0 || kind == 1) {
            lt::entry response(lt::entry::dictionary_t);
            auto const method = wire::find_string(m, "q").value_or(byte_view{});
            auto const what =
                node.core.responder()->on_query(as_text(method), place, m, response, now);
            if (what == dht::reply::answered_and_report)
                node.core.on_request(place, message, now);
            // Without a load, which needs a proof, an answer may be twice the question.
            if (what == dht::reply::answered_and_report
                && wire::encode_bencode(response).size() > 2 * message.size() + 100)
                std::abort();
        } else if (!asked.empty()) {
            auto const id = asked.back();
            asked.pop_back();
            kind == 2 ? node.core.on_response(id, place, m, now)
                      : node.core.on_no_response(id, now);
        }
        collect();
        node.advance(100ms);
        collect();
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    hostile_world world;
    byte_view rest(data, size);
    while (rest.size() >= 2) {
        unsigned const kind = rest[0] >> 6;
        auto const length = std::min<std::size_t>((rest[0] & 7U) << 8 | rest[1], rest.size() - 2);
        world.take(kind, rest.subspan(2, length));
        rest = rest.subspan(2 + length);
    }
    return 0;
}
