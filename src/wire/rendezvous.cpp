#include "wire/rendezvous.hpp"

#include "wire/octets.hpp"

namespace tau::wire {

bytes encode(rendezvous const& what) {
    octet_writer out;
    out.number(what.step);
    out.octets(what.who);
    out.octets(encode(what.where));
    return out.take();
}

result<rendezvous> decode_rendezvous(byte_view body) {
    octet_reader in(body);
    auto const step = in.number<std::uint8_t>();
    auto const who = in.fixed<wallet_address>();
    if (in.failed())
        return errc::invalid_length;
    if (step > static_cast<std::uint8_t>(rendezvous_step::come))
        return errc::invalid_encoding;
    TAU_TRY(where, decode_reach(in.octets(in.left())));
    return rendezvous{static_cast<rendezvous_step>(step), who, where};
}

} // namespace tau::wire
