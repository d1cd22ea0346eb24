#include "tau_node/contact_file.hpp"

#include "identity/private_file.hpp"
#include "tau_node/failure.hpp"

namespace tau::node {

void write_contact(data_folder const& data, identity::contact const& who) {
    auto const text = identity::to_uri(who) + "\n";
    if (auto const ec = identity::write_private_file(data.contact(), as_bytes(text),
                                                     identity::write_mode::replace))
        throw failed("cannot write " + data.contact().string(), ec);
}

identity::contact read_contact(data_folder const& data) {
    auto const text =
        identity::read_private_file(data.contact(), identity::max_contact_uri_bytes + 1);
    if (!text && text.error() == errc::not_found)
        throw failure(exit_code::not_found, "not_found",
                      "there is no identity in " + data.path().string()
                          + "; make one with: tau-node --data " + data.path().string() + " init");
    if (!text)
        throw failed("cannot read " + data.contact().string(), text.error());
    auto line = as_text(text.value().view());
    line = line.substr(0, line.find('\n'));
    auto const parsed = identity::parse_contact(line);
    if (!parsed)
        throw failed("damaged: " + data.contact().string(), parsed.error());
    return parsed.value();
}

identity::contact make_contact(identity::keyring const& keys, std::string name,
                               std::uint32_t contact_generation) {
    identity::contact out;
    out.key = keys.key();
    out.wallet = keys.wallet();
    out.name = std::move(name);
    out.contact_key = keys.contact_key(contact_generation);
    return out;
}

} // namespace tau::node
