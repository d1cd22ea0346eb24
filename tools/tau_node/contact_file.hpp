#pragma once

#include "identity/contact_uri.hpp"
#include "tau_node/data_folder.hpp"

namespace tau::node {

/// What `id` shows without the passphrase: the contact URI of the identity, kept beside
/// the key file with the same mode, because its contact key is for friends only.
/// Throws failure.
void write_contact(data_folder const& data, identity::contact const& who);
[[nodiscard]] identity::contact read_contact(data_folder const& data);

/// Key, wallet, name and first contact key of an identity.
[[nodiscard]] identity::contact make_contact(identity::keyring const& keys, std::string name,
                                             std::uint32_t contact_generation);

} // namespace tau::node
