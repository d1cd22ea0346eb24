#include "one_form.hpp"

#include "wire/rendezvous.hpp"
#include "wire/topic_link.hpp"

// Whatever decodes has exactly one form.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    byte_view const input(data, size);
    if (auto const member = wire::decode_topic_member(input))
        expect_same(wire::encode(member.value()), input);
    if (auto const have = wire::decode_topic_have(input))
        expect_same(wire::encode(have.value()), input);
    if (auto const pull = wire::decode_topic_pull(input))
        expect_same(wire::encode(pull.value()), input);
    if (auto const parting = wire::decode_topic_parting(input))
        expect_same(wire::encode(parting.value()), input);
    if (auto const reach = wire::decode_reach(input))
        expect_same(wire::encode(reach.value()), input);
    if (auto const rendezvous = wire::decode_rendezvous(input))
        expect_same(wire::encode(rendezvous.value()), input);
    return 0;
}
