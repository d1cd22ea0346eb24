#include "one_form.hpp"

#include "wire/forward.hpp"
#include "wire/topic_post.hpp"

// Whatever decodes has exactly one form.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    byte_view const input(data, size);
    if (auto const frame = wire::decode_frame(input))
        expect_same(wire::encode(frame.value()), input);
    if (auto const reports = wire::decode_hop_reports(input))
        expect_same(wire::encode(reports.value()), input);
    if (auto const ack = wire::decode_end_ack(input))
        expect_same(wire::encode(ack.value()), input);
    if (auto const note = wire::decode_failure_note(input))
        expect_same(wire::encode(note.value()), input);
    if (auto const list = wire::decode_neighbours(input))
        expect_same(wire::encode_neighbours(list.value()), input);
    if (auto const post = wire::decode_topic_post(input))
        expect_same(wire::encode(post.value()), input);
    return 0;
}
