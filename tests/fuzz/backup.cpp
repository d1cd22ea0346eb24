#include "identity/backup.hpp"

#include "support/sealed_file.hpp"

#include <cstdlib>

// A backup that opens holds a usable identity.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    (void)identity::decode_backup({data, size}, {});
    auto const sealed = test::with_right_checksum({data, size});
    if (!sealed)
        return 0;
    auto const restored = identity::decode_backup(*sealed, as_bytes("passphrase"));
    if (restored && !identity::keyring::from(restored.value().secret))
        std::abort();
    return 0;
}
