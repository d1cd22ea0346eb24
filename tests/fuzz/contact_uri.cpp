#include "identity/contact_uri.hpp"
#include "core/bytes.hpp"

#include <cstdlib>

// Whatever parses has a canonical form that parses to the same contact.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tau;
    auto const parsed = identity::parse_contact(as_text({data, size}));
    if (!parsed)
        return 0;
    auto const again = identity::parse_contact(identity::to_uri(parsed.value()));
    if (!again || again.value() != parsed.value())
        std::abort();
    return 0;
}
