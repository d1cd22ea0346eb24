#include "forward/layers.hpp"

#include <sodium.h>

#include <algorithm>

namespace tau::forward {
namespace {

static_assert(sealing_key::size_bytes == crypto_box_PUBLICKEYBYTES);
static_assert(wire::answer_key::size_bytes == crypto_secretbox_KEYBYTES);
static_assert(wire::layer_bytes == 1 + 20 + 32 + crypto_box_SEALBYTES);

result<bytes> seal_to(sealing_key const& key, byte_view plain) {
    bytes out(plain.size() + crypto_box_SEALBYTES);
    if (crypto_box_seal(out.data(), plain.data(), plain.size(), key.data()) != 0)
        return errc::invalid_argument;
    return out;
}

} // namespace

result<layered_message> seal_layers(std::vector<layer_hop> const& hops,
                                    wallet_address const& origin, wire::answer_key const& answers,
                                    byte_view message, random_source& random) {
    if (hops.empty())
        return errc::invalid_argument;
    if (message.size() + hops.size() * wire::layer_bytes > wire::max_frame_payload)
        return errc::too_large;
    TAU_TRY(end, wire::encode(wire::layer(wire::layer_end{origin, answers, to_bytes(message)})));
    TAU_TRY(sealed, seal_to(hops.back().key, end));
    auto id = random.make<hash256>();
    for (std::size_t i = hops.size() - 1; i-- > 0;) {
        wire::layer_pass pass{hops[i + 1].wallet, id, std::move(sealed)};
        TAU_TRY(plain, wire::encode(wire::layer(std::move(pass))));
        TAU_TRY(outer, seal_to(hops[i].key, plain));
        sealed = std::move(outer);
        id = random.make<hash256>();
    }
    return layered_message{id, std::move(sealed)};
}

result<wire::layer> open_layer(identity::keyring const& keys, byte_view payload) {
    if (payload.size() < crypto_box_SEALBYTES)
        return errc::invalid_length;
    bytes plain(payload.size() - crypto_box_SEALBYTES);
    if (crypto_box_seal_open(plain.data(), payload.data(), payload.size(),
                             keys.sealing_public().data(), keys.sealing_secret().data())
        != 0)
        return errc::not_found;
    return wire::decode_layer(plain);
}

bytes seal_answer(wire::answer_key const& key, byte_view plain, random_source& random) {
    bytes out(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size());
    random.fill({out.data(), crypto_secretbox_NONCEBYTES});
    crypto_secretbox_easy(out.data() + crypto_secretbox_NONCEBYTES, plain.data(), plain.size(),
                          out.data(), key.data());
    return out;
}

result<bytes> open_answer(wire::answer_key const& key, byte_view sealed) {
    constexpr std::size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sealed.size() < head)
        return errc::invalid_length;
    bytes out(sealed.size() - head);
    if (crypto_secretbox_open_easy(out.data(), sealed.data() + crypto_secretbox_NONCEBYTES,
                                   sealed.size() - crypto_secretbox_NONCEBYTES, sealed.data(),
                                   key.data())
        != 0)
        return errc::not_found;
    return out;
}

} // namespace tau::forward
