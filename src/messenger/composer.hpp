#pragma once

#include "messenger/attachment_builder.hpp"
#include "messenger/contact.hpp"
#include "messenger/seal.hpp"
#include "store/changes.hpp"

namespace tau::messenger {

struct engine_core;

/// Makes messages: links, content tree, seal, commit. One at a time in a conversation,
/// because a message links the one before it, which must be on disk by then.
///
/// Threading: tau thread only. A draft is answered once, with the id after the commit
/// or with the error that left nothing behind.
class composer {
public:
    explicit composer(engine_core& core) : m_core(core) {}
    void compose(contact_ptr const& to, draft what);
    /// A contact card with our name and contact key, as an invisible message.
    void compose_card(contact_ptr const& to, wire::contact_step step);

private:
    struct composed {
        wire::message_root root;
        bytes content; ///< encoded root
        sealed_message sealed;
        std::vector<attachment_item> items;
        std::vector<attachment_item> manifests;
        unix_ms time;
    };

    void next(contact_ptr const& to);
    [[nodiscard]] result<composed> make(contact& to, draft const& what);
    [[nodiscard]] store::batch changes_for(contact const& to, composed const& made) const;
    void on_stored(contact_ptr const& to, composed made);

    engine_core& m_core;
};

/// image for the signatures of PNG, JPEG, GIF and WebP, else file.
[[nodiscard]] wire::content_kind kind_of_content(byte_view content);

} // namespace tau::messenger
