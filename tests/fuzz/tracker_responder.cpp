// A tracker's answers to strangers: the input is a row of requests, each two octets of
// length (the highest bits say over what it came and from whom) and its octets.
#include "tracker/http_responder.hpp"
#include "tracker/udp_responder.hpp"
#include "unit/tracker/tracker_fixture.hpp"
#include "wire/tracker_http.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace tau;
using namespace std::chrono_literals;

struct hostile_world {
    tracker::test::tracker_under_test under_test;
    tracker::connection_ids ids{{1, 2, 3}};
    tracker::udp_responder udp{under_test.service, ids, under_test.counted};
    tracker::http_responder http{under_test.service, under_test.counted};
    tracker::test::client a{'a'}, b{'b'};
    bytes out = bytes(wire::udp::max_answer);

    hostile_world() { under_test.connect(a, b); }

    void take_datagram(byte_view input, tracker::test::client const& from, bool proven) {
        auto datagram = to_bytes(input);
        auto const now = under_test.clock.now();
        if (proven && datagram.size() >= 8) {
            auto const id = ids.issue(from.address().to_v4().to_bytes(), now.mono);
            for (unsigned i = 0; i < 8; ++i)
                datagram[i] = static_cast<std::uint8_t>(id >> (56 - 8 * i));
        }
        auto const size =
            udp.answer(datagram, from.address(), under_test.from(from).asked, now, out);
        if (size > out.size() || (!proven && size > datagram.size()))
            std::abort();
        if (size > 0 && !wire::udp::read_answer(byte_view(out).first(size), false))
            std::abort();
    }
    void take_head(byte_view input, tracker::test::client const& from) {
        std::string answer;
        auto const head = wire::read_http_head(as_text(input));
        if (head)
            http.answer(head.value(), from.address(), under_test.from(from).asked,
                        under_test.clock.now(), answer);
        else if (head.error() != errc::not_found)
            tracker::http_responder::append_bad_request(head.error(), answer);
        if ((head || head.error() != errc::not_found) && !answer.starts_with("HTTP/1.1 "))
            std::abort();
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    hostile_world world;
    byte_view rest(data, size);
    while (rest.size() >= 2) {
        unsigned const flags = rest[0];
        auto const length = std::min<std::size_t>((flags & 7U) << 8 | rest[1], rest.size() - 2);
        auto const input = rest.subspan(2, length);
        auto const& from = (flags & 0x20U) != 0 ? world.a : world.b;
        (flags & 0x80U) != 0 ? world.take_head(input, from)
                             : world.take_datagram(input, from, (flags & 0x40U) != 0);
        rest = rest.subspan(2 + length);
        world.under_test.clock.advance(10s);
    }
    return 0;
}
