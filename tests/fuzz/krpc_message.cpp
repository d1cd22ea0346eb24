// Every decoder of a whole KRPC message: get, get answer, both sides of an exchange.
#include "wire/exchange.hpp"
#include "wire/krpc.hpp"

#include <cstdlib>

namespace {

using namespace tau;

// What decodes must decode to the same again from its own encoding.
template <class Value, class Decode>
void round_trip(lt::entry message, char const* key, Value const& value, Decode decode) {
    lt::entry outer(lt::entry::dictionary_t);
    if (key)
        outer[key] = std::move(message);
    else
        outer = std::move(message);
    auto const raw = wire::encode_bencode(outer);
    auto const node = wire::parse_bencode(raw);
    if (!node)
        return; // more tokens than a datagram may have
    auto const again = decode(node.value());
    if (!again || !(again.value() == value))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const node = wire::parse_bencode({data, size});
    if (!node)
        return 0;
    auto const& message = node.value();
    if (auto const v = wire::decode_get_query(message))
        round_trip(encode(v.value()), nullptr, v.value(), wire::decode_get_query);
    if (auto const v = wire::decode_get_reply(message)) {
        auto reply = v.value();
        reply.seen.reset(); // stands outside of `r`
        round_trip(encode(reply), "r", reply, wire::decode_get_reply);
        (void)wire::item_of(reply, {});
    }
    if (auto const v = wire::decode_exchange_query(message))
        round_trip(encode(v.value()), nullptr, v.value(), wire::decode_exchange_query);
    if (auto const v = wire::decode_exchange_reply(message))
        round_trip(encode(v.value()), "r", v.value(), wire::decode_exchange_reply);
    return 0;
}
