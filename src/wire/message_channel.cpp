#include "wire/message_channel.hpp"

#include "core/text.hpp"
#include "wire/bencode.hpp"

namespace tau::wire {
namespace {

constexpr std::int64_t sealed_state_kind = 17;

result<bytes> write(message_channel const& value, bool as_state) {
    if (value.name.size() > max_user_name_bytes || value.recent.size() > max_recent_roots
        || value.skips.size() > max_skip_roots || value.content_roots.size() > max_content_roots
        || value.extra_roots.size() > max_extra_roots)
        return errc::too_large;
    if (!is_utf8(value.name))
        return errc::invalid_encoding;
    dict_writer out;
    if (value.complete_root)
        out.string("a", value.complete_root->view());
    out.list("b", value.extra_roots);
    out.list("c", value.content_roots);
    if (as_state)
        out.integer("m", sealed_state_kind);
    if (!value.name.empty())
        out.string("n", value.name);
    out.list("p", value.recent);
    if (value.read_root)
        out.string("r", value.read_root->view());
    out.list("s", value.skips);
    out.integer("v", message_channel_version);
    return out.finish();
}

} // namespace

result<bytes> encode(message_channel const& value) {
    return write(value, false);
}

result<bytes> encode_sealed_state(message_channel const& value) {
    return write(value, true);
}

result<message_channel> decode_sealed_state(byte_view content) {
    TAU_TRY(in, dict_reader::parse(content));
    TAU_TRY(kind, in.integer("m", 0, std::int64_t{1} << 53));
    if (kind != sealed_state_kind)
        return errc::unsupported_version;
    return decode_message_channel(content);
}

result<message_channel> decode_message_channel(byte_view data) {
    TAU_TRY(in, dict_reader::parse(data));
    if (auto const ec = in.check_version(message_channel_version))
        return ec;
    TAU_TRY(complete_root, in.fixed_if<target>("a"));
    TAU_TRY(extra_roots, in.list<target>("b", max_extra_roots));
    TAU_TRY(content_roots, in.list<target>("c", max_content_roots));
    TAU_TRY(name, in.text("n", max_user_name_bytes));
    TAU_TRY(recent, in.list<target>("p", max_recent_roots));
    TAU_TRY(read_root, in.fixed_if<target>("r"));
    TAU_TRY(skips, in.list<target>("s", max_skip_roots));
    message_channel out;
    out.name = std::move(name);
    out.recent = std::move(recent);
    out.skips = std::move(skips);
    out.content_roots = std::move(content_roots);
    out.complete_root = complete_root;
    out.extra_roots = std::move(extra_roots);
    out.read_root = read_root;
    return out;
}

} // namespace tau::wire
