// BEP 44 items: a signed value verifies if it is one bencoded value of a size that is
// allowed; the same octets under a signature that is part of the input never do.
#include "wire/mutable_item.hpp"
#include "support/signer.hpp"
#include "wire/bencode_node.hpp"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static test::signer const alice('a');
    if (size < 1)
        return 0;
    byte_view rest(data + 1, size - 1);
    // The first octet says how long the salt is.
    auto const salt_octets = rest.first(std::min<std::size_t>(data[0], rest.size()));
    rest = rest.subspan(salt_octets.size());
    auto const salt = wire::salt::from(as_text(salt_octets));
    if (salt.has_value() != (salt_octets.size() <= wire::max_salt_bytes))
        std::abort();
    if (!salt)
        return 0;
    wire::mutable_item item{{alice.key(), salt.value()}, data[0], to_bytes(rest), {}};
    std::copy_n(rest.begin(), std::min(rest.size(), signature::size_bytes), item.sig.data());
    if (!wire::verify(item))
        std::abort(); // a forged signature
    item.sig = alice.sign(wire::signed_octets(item.address.salt, item.seq, item.value));
    bool const allowed =
        rest.size() <= wire::max_value_bytes && wire::parse_bencode(rest).has_value();
    if (!wire::verify(item) != allowed)
        std::abort();
    return 0;
}
