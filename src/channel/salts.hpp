#pragma once

#include "channel/time_slot.hpp"
#include "identity/secret.hpp"
#include "wire/mutable_item.hpp"

#include <string_view>

namespace tau::channel {

/// What two keys share, as identity::keyring::shared_secret() gives it.
using pair_secret = identity::secret_bytes;

/// Octets that a chain id may have. Set by us: long enough for any name in use.
inline constexpr std::size_t max_chain_id_bytes = 64;

/// Channel name followed by `rest`; if that is over 64 octets, the name followed by
/// the first 32 octets of SHA-256 of the rest. `name` has at most 32 octets.
///
/// Source: docs/wire/channels.md for this and every layout below. Threading: any.
[[nodiscard]] wire::salt named_salt(std::string_view name, byte_view rest);

/// "gossip": the newest gossip of a key.
[[nodiscard]] wire::salt gossip_salt();
/// "gossip" and the slot, for keys that announced a frequency.
[[nodiscard]] wire::salt gossip_salt(slot_number slot);
/// "cidr": where a key can be reached.
[[nodiscard]] wire::salt cidr_salt();
/// "wallet": the binding record of a key.
[[nodiscard]] wire::salt wallet_salt();
/// "links": whom a key is linked with, for its contacts.
[[nodiscard]] wire::salt links_salt();

/// S1-24 in the clear: "msg", receiver, slot. Tells everybody who writes to whom.
[[nodiscard]] wire::salt plain_message_salt(public_key const& receiver, slot_number slot);
/// The default: 32 octets that only the two keys can compute or link to each other.
[[nodiscard]] wire::salt blinded_message_salt(pair_secret const& secret, public_key const& sender,
                                              public_key const& receiver, slot_number slot);

/// S1-31 in the clear: "msgTip" and the chain id (of a conversation: the receiver's key).
/// Has no slot, so whoever was away for long finds the newest root in it.
/// errc::too_large above max_chain_id_bytes.
[[nodiscard]] result<wire::salt> plain_message_tip_salt(byte_view chain_id);
/// The default tip of a conversation: blinded like the message salt, without a slot.
[[nodiscard]] wire::salt blinded_message_tip_salt(pair_secret const& secret,
                                                  public_key const& sender,
                                                  public_key const& receiver);

/// S1-30 and S1-32: "blkTip" or "txTip", chain id, slot. errc::too_large as above.
[[nodiscard]] result<wire::salt> block_tip_salt(byte_view chain_id, slot_number slot);
[[nodiscard]] result<wire::salt> transaction_tip_salt(byte_view chain_id, slot_number slot);

/// A channel that a user names: the name itself, so that any BEP 44 reader finds it.
/// errc::invalid_argument for an empty or reserved name, errc::invalid_encoding for
/// control characters or what is not UTF-8, errc::too_large above 64 octets.
[[nodiscard]] result<wire::salt> free_salt(std::string_view name);

} // namespace tau::channel
