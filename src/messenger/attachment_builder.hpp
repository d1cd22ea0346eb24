#pragma once

#include "core/random.hpp"
#include "messenger/attachment_tree.hpp"
#include "wire/message_body.hpp"

#include <sodium.h>

#include <functional>
#include <vector>

namespace tau::messenger {

/// One sealed node, ready for dht::access.
struct attachment_item {
    target where;
    bytes value; ///< bencoded, 1000 octets
};

/// Cuts content into sealed items as it streams in; holds one leaf and the targets so far.
///
/// The key is random for each attachment. Convergent encryption (a key from the content)
/// is not used, because whoever guesses a file could then see that it was sent.
///
/// Source:    docs/wire/messages.md, "Content tree". Threading: one thread.
/// Errors:    errc::too_large above max_attachment_bytes, errc::invalid_argument for no
///            content at all; after an error only destruction is of use.
class attachment_builder {
public:
    using item_sink = std::function<void(attachment_item)>;

    attachment_builder(random_source& random, item_sink sink);

    [[nodiscard]] error_code write(byte_view data);
    /// Seals what is left and the index items. Call once.
    [[nodiscard]] result<wire::content_ref> finish();

private:
    [[nodiscard]] result<target> emit(tree_position where, byte_view plain);
    [[nodiscard]] error_code end_leaf();
    [[nodiscard]] result<std::vector<target>> index_of(unsigned level,
                                                       std::vector<target> const& below);

    wire::content_key m_key;
    item_sink m_sink;
    bytes m_leaf;
    std::vector<target> m_leaves;
    std::uint64_t m_size = 0;
    crypto_hash_sha256_state m_hash;
};

/// The whole of `content` at once: its items in any order of use, and the reference.
struct built_attachment {
    wire::content_ref ref;
    std::vector<attachment_item> items;
};
[[nodiscard]] result<built_attachment> build_attachment(byte_view content, random_source& random);

} // namespace tau::messenger
