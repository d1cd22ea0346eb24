#pragma once

#include "core/bytes.hpp"
#include "wire/sealed_torrent.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tau::wire {

/// The version of every body below; another one gives errc::unsupported_version.
inline constexpr std::int64_t message_body_version = 1;

/// Roots of the own chain that a message links, newest first: one lost item, or two
/// in a row, cut nobody off from what came before.
inline constexpr std::size_t max_previous_roots = 3;
/// S1-26: contentRoot1..5.
inline constexpr std::size_t max_content_roots = 5;
/// Text carried inside the message; a longer one becomes a content tree.
inline constexpr std::size_t max_inline_text_bytes = 640;
/// UTF-8 octets of a file's name. Set by us; the name is shown, never used as a path.
inline constexpr std::size_t max_file_name_bytes = 128;
/// UTF-8 octets of a user's name.
inline constexpr std::size_t max_user_name_bytes = 64;
/// Message ids that one receipt acknowledges.
inline constexpr std::size_t max_receipt_ids = 24;

using content_key = fixed_bytes<32, struct content_key_tag>; ///< opens one content tree
using contact_key = fixed_bytes<32, struct contact_key_tag>; ///< opens a friend's channels

/// What a message says (S1-26 `type`, S1-52).
enum class content_kind : std::uint8_t {
    text = 0,
    image = 1,
    file = 2,
    contact = 3,
    file_received = 4, ///< a file of theirs is here, whole: the proof that its sender waits for
};
/// Whether a message of this kind is control and never shown.
[[nodiscard]] constexpr bool is_hidden(content_kind kind) {
    return kind == content_kind::contact || kind == content_kind::file_received;
}

/// Content that is a tree of sealed immutable items (docs/wire/messages.md).
struct content_ref {
    content_key key;           ///< random, for this content alone
    std::uint64_t size = 0;    ///< octets of the whole content, at least 1
    hash256 sha256;            ///< of the whole content
    std::vector<target> roots; ///< contentRoot1..5: leaves, or index items

    friend bool operator==(content_ref const&, content_ref const&) = default;
};

/// The places of a message in the dual chain of its conversation. Roots are the DHT
/// targets of sealed messages, so a link is also where to fetch what it names.
struct chain_links {
    std::uint64_t position = 0;   ///< of this message in the sender's chain; the first is 1
    std::vector<target> previous; ///< own chain, newest first
    std::optional<target> skip;   ///< own chain, far back; see messenger::skip_position()
    std::optional<target> seen;   ///< newest root of the other chain that was read here

    friend bool operator==(chain_links const&, chain_links const&) = default;
};

/// Why a contact card was sent.
enum class contact_step : std::uint8_t {
    request = 0, ///< first contact: please accept me
    accept = 1,  ///< accepted; here is my contact key
    update = 2,  ///< new contact key or name
};

/// What friends tell each other about themselves. It travels in the chain, so that a new
/// contact key reaches a friend who was away, and is not shown as a message.
struct contact_card {
    contact_step step = contact_step::request;
    wire::contact_key key;
    std::string name; ///< UTF-8, up to max_user_name_bytes

    friend bool operator==(contact_card const&, contact_card const&) = default;
};

/// S1-26 msgRoot without its timestamp and signature, which the seal around it carries.
/// A text is inline or in `content`; an image or file is in `content` or in `file`; a
/// contact has a card and nothing else, a received file its message's id.
struct message_root {
    content_kind kind = content_kind::text;
    chain_links links;
    std::string text; ///< UTF-8
    std::optional<content_ref> content;
    std::string file_name; ///< UTF-8, as the sender chose it; never a path
    std::optional<contact_card> card;
    std::optional<file_ref> file;           ///< of an image or file above a tree's size
    std::optional<hash256> received_file{}; ///< id of the message that brought the file

    friend bool operator==(message_root const&, message_root const&) = default;
};

/// The receiver's acknowledgement: its seal carries its signature, so this is the
/// proof of *delivered* for each id and of *read* for `read_root` and what precedes it.
struct message_receipt {
    std::vector<hash256> delivered;  ///< message ids that are on the receiver's disk
    std::optional<target> read_root; ///< newest root that was shown to the user

    friend bool operator==(message_receipt const&, message_receipt const&) = default;
};

/// Everything that is sealed to one receiver.
using message_body = std::variant<message_root, message_receipt>;

/// The bencoded body. errc::too_large above a limit named here, errc::invalid_argument
/// for a body that decode_body() would refuse.
///
/// Source: docs/wire/messages.md. Threading: any.
[[nodiscard]] result<bytes> encode(message_body const& body);

/// errc::unsupported_version for another version or an unknown kind, errc::too_large,
/// errc::invalid_argument or errc::invalid_encoding for anything else that is wrong.
[[nodiscard]] result<message_body> decode_body(byte_view data);

} // namespace tau::wire
