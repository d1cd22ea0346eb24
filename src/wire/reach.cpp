#include "wire/reach.hpp"

#include "wire/octets.hpp"

namespace tau::wire {

bytes encode(reach const& what) {
    octet_writer out;
    out.number(what.nat);
    out.octets(to_compact(what.where));
    return out.take();
}

result<reach> decode_reach(byte_view body) {
    octet_reader in(body);
    auto const nat = in.number<std::uint8_t>();
    if (in.failed())
        return errc::invalid_length;
    if (nat > static_cast<std::uint8_t>(stated_nat::symmetric))
        return errc::invalid_encoding;
    TAU_TRY(where, from_compact(in.octets(in.left())));
    return reach{static_cast<stated_nat>(nat), where};
}

} // namespace tau::wire
