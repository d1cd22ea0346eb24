#include "wire/message_body.hpp"

#include "core/text.hpp"
#include "wire/bencode.hpp"

#include <limits>

namespace tau::wire {
namespace {

// "m" of the dictionary: a content_kind, or this for a receipt.
constexpr std::int64_t receipt_kind = 16;
constexpr auto max_integer = std::numeric_limits<std::int64_t>::max();

error_code check_content(content_ref const& content) {
    if (content.roots.empty() || content.size == 0)
        return errc::invalid_argument;
    if (content.roots.size() > max_content_roots || content.size > std::uint64_t{max_integer})
        return errc::too_large;
    return {};
}

// What each kind must and must not have; the same for encoding and decoding.
error_code check_parts(message_root const& root) {
    auto const is_file = root.kind == content_kind::image || root.kind == content_kind::file;
    auto const is_contact = root.kind == content_kind::contact;
    auto const is_received = root.kind == content_kind::file_received;
    if (is_contact != root.card.has_value() || is_received != root.received_file.has_value())
        return errc::invalid_argument;
    if (is_file ? root.content.has_value() == root.file.has_value() : root.file.has_value())
        return errc::invalid_argument;
    if (root.kind == content_kind::text && root.text.empty() == !root.content)
        return errc::invalid_argument;
    if (root.kind != content_kind::text && !root.text.empty())
        return errc::invalid_argument;
    if (is_hidden(root.kind) && root.content)
        return errc::invalid_argument;
    if (!is_file && !root.file_name.empty())
        return errc::invalid_argument;
    return {};
}

error_code check(message_root const& root) {
    auto const& card_name = root.card ? root.card->name : root.file_name;
    if (root.text.size() > max_inline_text_bytes || root.file_name.size() > max_file_name_bytes
        || (root.card && card_name.size() > max_user_name_bytes)
        || root.links.previous.size() > max_previous_roots
        || root.links.position > std::uint64_t{max_integer})
        return errc::too_large;
    if (!is_utf8(root.text) || !is_utf8(root.file_name) || !is_utf8(card_name))
        return errc::invalid_encoding;
    if (root.links.position == 0)
        return errc::invalid_argument;
    if (auto const ec = check_parts(root))
        return ec;
    if (root.file && (root.file->size == 0 || root.file->size > max_file_bytes))
        return root.file->size == 0 ? errc::invalid_argument : errc::too_large;
    return root.content ? check_content(*root.content) : error_code{};
}

error_code check(message_receipt const& receipt) {
    if (receipt.delivered.size() > max_receipt_ids)
        return errc::too_large;
    if (receipt.delivered.empty() && !receipt.read_root)
        return errc::invalid_argument;
    return {};
}

result<bytes> encode(message_root const& root) {
    if (auto const ec = check(root))
        return ec;
    dict_writer out;
    auto const& content = root.content;
    auto const& file = root.file;
    if (content)
        out.list("c", content->roots);
    if (root.received_file)
        out.string("d", root.received_file->view());
    if (file)
        out.string("f", file->torrent.view());
    if (root.card)
        out.string("g", root.card->key.view());
    if (content || file)
        out.string("h", content ? content->sha256.view() : file->sha256.view());
    out.integer("i", static_cast<std::int64_t>(root.links.position));
    if (content || file) {
        out.string("k", content ? content->key.view() : file->key.view());
        out.integer("l", static_cast<std::int64_t>(content ? content->size : file->size));
    }
    out.integer("m", static_cast<std::int64_t>(root.kind));
    auto const& name = root.card ? root.card->name : root.file_name;
    if (!name.empty())
        out.string("n", name);
    out.list("p", root.links.previous);
    if (root.links.seen)
        out.string("r", root.links.seen->view());
    if (root.links.skip)
        out.string("s", root.links.skip->view());
    if (!root.text.empty())
        out.string("t", root.text);
    if (root.card)
        out.integer("u", static_cast<std::int64_t>(root.card->step));
    out.integer("v", message_body_version);
    return out.finish();
}

result<bytes> encode(message_receipt const& receipt) {
    if (auto const ec = check(receipt))
        return ec;
    dict_writer out;
    out.list("d", receipt.delivered);
    out.integer("m", receipt_kind);
    if (receipt.read_root)
        out.string("r", receipt.read_root->view());
    out.integer("v", message_body_version);
    return out.finish();
}

result<content_ref> decode_content(dict_reader const& in) {
    content_ref out;
    TAU_TRY(key, in.fixed<content_key>("k"));
    TAU_TRY(size, in.integer("l", 1, max_integer));
    TAU_TRY(sha256, in.fixed<hash256>("h"));
    TAU_TRY(roots, in.list<target>("c", max_content_roots));
    out.key = key;
    out.size = static_cast<std::uint64_t>(size);
    out.sha256 = sha256;
    out.roots = std::move(roots);
    return out;
}

result<file_ref> decode_file(dict_reader const& in) {
    file_ref out;
    TAU_TRY(torrent, in.fixed<info_hash>("f"));
    TAU_TRY(key, in.fixed<file_key>("k"));
    TAU_TRY(size, in.integer("l", 1, max_integer));
    TAU_TRY(sha256, in.fixed<hash256>("h"));
    out.torrent = torrent;
    out.key = key;
    out.size = static_cast<std::uint64_t>(size);
    out.sha256 = sha256;
    return out;
}

result<chain_links> decode_links(dict_reader const& in) {
    chain_links out;
    TAU_TRY(position, in.integer("i", 1, max_integer));
    TAU_TRY(previous, in.list<target>("p", max_previous_roots));
    TAU_TRY(skip, in.fixed_if<target>("s"));
    TAU_TRY(seen, in.fixed_if<target>("r"));
    out.position = static_cast<std::uint64_t>(position);
    out.previous = std::move(previous);
    out.skip = skip;
    out.seen = seen;
    return out;
}

result<contact_card> decode_card(dict_reader const& in) {
    contact_card out;
    TAU_TRY(step, in.integer("u", 0, static_cast<std::int64_t>(contact_step::update)));
    TAU_TRY(key, in.fixed<contact_key>("g"));
    TAU_TRY(name, in.text("n", max_user_name_bytes));
    out.step = static_cast<contact_step>(step);
    out.key = key;
    out.name = std::move(name);
    return out;
}

result<message_body> decode_root(dict_reader const& in, content_kind kind) {
    message_root out;
    out.kind = kind;
    TAU_TRY(links, decode_links(in));
    out.links = std::move(links);
    TAU_TRY(text, in.text("t", max_inline_text_bytes));
    out.text = std::move(text);
    if (in.has("f")) {
        TAU_TRY(file, decode_file(in));
        out.file = file;
    }
    if (in.has("k") && !out.file) {
        TAU_TRY(content, decode_content(in));
        out.content = std::move(content);
    }
    if (kind == content_kind::file_received) {
        TAU_TRY(received, in.fixed<hash256>("d"));
        out.received_file = received;
    }
    if (kind == content_kind::contact) {
        TAU_TRY(card, decode_card(in));
        out.card = std::move(card);
    } else {
        TAU_TRY(name, in.text("n", max_file_name_bytes));
        out.file_name = std::move(name);
    }
    if (auto const ec = check(out))
        return ec;
    return message_body{std::move(out)};
}

result<message_body> decode_receipt(dict_reader const& in) {
    message_receipt out;
    TAU_TRY(delivered, in.list<hash256>("d", max_receipt_ids));
    TAU_TRY(read_root, in.fixed_if<target>("r"));
    out.delivered = std::move(delivered);
    out.read_root = read_root;
    if (auto const ec = check(out))
        return ec;
    return message_body{std::move(out)};
}

} // namespace

result<bytes> encode(message_body const& body) {
    return std::visit([](auto const& value) { return encode(value); }, body);
}

result<message_body> decode_body(byte_view data) {
    TAU_TRY(in, dict_reader::parse(data));
    if (auto const ec = in.check_version(message_body_version))
        return ec;
    TAU_TRY(kind, in.integer("m", 0, max_integer));
    if (kind == receipt_kind)
        return decode_receipt(in);
    if (kind > static_cast<std::int64_t>(content_kind::file_received))
        return errc::unsupported_version;
    return decode_root(in, static_cast<content_kind>(kind));
}

} // namespace tau::wire
