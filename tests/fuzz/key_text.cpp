// Keys and addresses as people paste them, and any text on its way to a terminal.
#include "core/hex.hpp"
#include "core/text.hpp"
#include "identity/wallet.hpp"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    auto const text = as_text({data, size});
    if (auto const wallet = identity::parse_wallet(text)) {
        auto const again = identity::parse_wallet(identity::to_eip55(wallet.value()));
        if (!again || again.value() != wallet.value())
            std::abort();
    }
    (void)identity::parse_wallet_secret(text);
    if (auto const octets = from_hex(text))
        if (from_hex(to_hex(octets.value())).value() != octets.value())
            std::abort();
    auto const is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    auto const line = escape_text(text);
    if (!is_utf8(line) || std::any_of(line.begin(), line.end(), is_control))
        std::abort();
    if (!is_utf8(escape_text(text, escape_mode::keep_layout)))
        std::abort();
    return 0;
}
