#include "one_form.hpp"

#include "wire/hello.hpp"

// Packets that decode must encode to the same octets; records must split without harm.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    byte_view const input(data, size);
    if (auto const packet = wire::decode_link_packet(input))
        expect_same(wire::encode(packet.value()), input);
    std::size_t octets = 0;
    if (auto const all = wire::split_record(input)) {
        for (auto const& one : all.value())
            octets += 5 + one.body.size();
        if (octets != size)
            std::abort();
    }
    return 0;
}
