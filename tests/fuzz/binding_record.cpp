#include "identity/binding.hpp"

#include <cstdlib>

// One record has one form, and whatever parses can be judged.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    byte_view const in(data, size);
    auto const record = identity::decode_binding(in);
    if (!record)
        return 0;
    if (identity::encode(record.value()) != to_bytes(in))
        std::abort();
    (void)identity::verify(record.value());
    return 0;
}
