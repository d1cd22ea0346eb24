#include "tracker/connection_ids.hpp"

#include <sodium.h>

namespace tau::tracker {
namespace {

std::uint64_t slot_number(time_point now) {
    return static_cast<std::uint64_t>(now.time_since_epoch() / connection_ids::slot);
}

} // namespace

std::uint64_t connection_ids::id_for(byte_view address, std::uint64_t number) const {
    static_assert(crypto_shorthash_KEYBYTES == std::tuple_size_v<key>);
    std::array<std::uint8_t, 24> message{};
    auto const size = std::min<std::size_t>(address.size(), 16);
    std::memcpy(message.data(), &number, sizeof number);
    std::memcpy(message.data() + sizeof number, address.data(), size);
    std::uint64_t out = 0;
    static_assert(crypto_shorthash_BYTES == sizeof out);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&out), message.data(), sizeof number + size,
                     m_key.data());
    // The lowest bit tells which of two slots it is, so that checking is one hash.
    return (out & ~std::uint64_t{1}) | (number & 1);
}

std::uint64_t connection_ids::issue(byte_view address, time_point now) const {
    return id_for(address, slot_number(now));
}

bool connection_ids::is_valid(std::uint64_t id, byte_view address, time_point now) const {
    auto const current = slot_number(now);
    return id == id_for(address, (id & 1) == (current & 1) ? current : current - 1);
}

} // namespace tau::tracker
