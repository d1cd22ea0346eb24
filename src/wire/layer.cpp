#include "wire/layer.hpp"

#include "wire/octets.hpp"

namespace tau::wire {
namespace {

enum class layer_kind : std::uint8_t { pass = 1, end = 2 };
enum class answer_kind : std::uint8_t { ack = 1, failure = 2 };

} // namespace

result<bytes> encode(layer const& what) {
    auto const* const pass = std::get_if<layer_pass>(&what);
    auto const* const end = std::get_if<layer_end>(&what);
    auto const& content = pass != nullptr ? pass->inner : end->payload;
    if (content.size() > max_frame_payload)
        return errc::too_large;
    octet_writer out(layer_bytes + content.size());
    out.number(pass != nullptr ? layer_kind::pass : layer_kind::end);
    if (pass != nullptr) {
        out.octets(pass->next);
        out.octets(pass->id);
    } else {
        out.octets(end->origin);
        out.octets(end->answers);
    }
    out.octets(content);
    return out.take();
}

result<layer> decode_layer(byte_view plain) {
    octet_reader in(plain);
    auto const kind = in.number<std::uint8_t>();
    auto const wallet = in.fixed<wallet_address>();
    auto const token = in.octets(hash256::size_bytes);
    if (in.failed())
        return errc::invalid_length;
    if (in.left() > max_frame_payload)
        return errc::too_large;
    auto content = to_bytes(in.octets(in.left()));
    switch (static_cast<layer_kind>(kind)) {
    case layer_kind::pass:
        return layer{layer_pass{wallet, hash256::from(token).value(), std::move(content)}};
    case layer_kind::end:
        return layer{layer_end{wallet, answer_key::from(token).value(), std::move(content)}};
    }
    return errc::invalid_encoding;
}

bytes encode(layered_answer const& what) {
    octet_writer out;
    if (auto const* const ack = std::get_if<layered_ack>(&what)) {
        out.number(answer_kind::ack);
        out.octets(ack->sealed);
    } else {
        out.number(answer_kind::failure);
        out.number(std::get<layered_failure>(what).outcome);
    }
    return out.take();
}

result<layered_answer> decode_layered_answer(byte_view payload) {
    octet_reader in(payload);
    auto const kind = in.number<std::uint8_t>();
    if (in.failed())
        return errc::invalid_length;
    switch (static_cast<answer_kind>(kind)) {
    case answer_kind::ack:
        return layered_answer{layered_ack{to_bytes(in.octets(in.left()))}};
    case answer_kind::failure: {
        auto const outcome = in.number<std::uint8_t>();
        if (in.failed() || in.left() != 0)
            return errc::invalid_length;
        if (outcome > static_cast<std::uint8_t>(hop_outcome::refused))
            return errc::invalid_argument;
        return layered_answer{layered_failure{static_cast<hop_outcome>(outcome)}};
    }
    }
    return errc::invalid_encoding;
}

} // namespace tau::wire
