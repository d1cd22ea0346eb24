#include "identity/device_watch.hpp"

// Records come from the DHT under our own key; nobody else can seal one.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    static auto const keys = [] {
        bytes const master(identity::identity_secret::master_size, 1);
        return identity::keyring::from({identity::secret_bytes::from(master), std::nullopt, {}})
            .value();
    }();
    (void)identity::decode_device_record({data, size}, keys);
    return 0;
}
