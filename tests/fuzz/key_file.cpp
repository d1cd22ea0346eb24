#include "identity/key_file.hpp"

#include "support/sealed_file.hpp"

#include <cstdlib>

// A file that opens holds a usable identity.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    (void)identity::decode_key_file({data, size}, {});
    auto const sealed = test::with_right_checksum({data, size});
    if (!sealed)
        return 0;
    auto const secret = identity::decode_key_file(*sealed, as_bytes("passphrase"));
    if (secret && !identity::keyring::from(secret.value()))
        std::abort();
    return 0;
}
