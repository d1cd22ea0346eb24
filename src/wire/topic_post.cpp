#include "wire/topic_post.hpp"

#include "core/text.hpp"
#include "wire/octets.hpp"

#include <string_view>

namespace tau::wire {
namespace {

constexpr std::string_view post_label = "tau-topic-post-v1";

void write_body(octet_writer& out, topic_post const& post) {
    out.octets(post.topic);
    out.octets(post.from);
    out.number(static_cast<std::uint64_t>(post.time.time_since_epoch().count()));
    out.number(static_cast<std::uint8_t>(post.name.size()));
    out.octets(as_bytes(post.name));
    out.number(static_cast<std::uint16_t>(post.text.size()));
    out.octets(as_bytes(post.text));
}

error_code check(topic_post const& post) {
    if (post.text.size() > max_post_text || post.name.size() > max_post_name)
        return errc::too_large;
    if (post.text.empty() || post.time < unix_ms{})
        return errc::invalid_argument;
    if (!is_utf8(post.text) || !is_utf8(post.name))
        return errc::invalid_encoding;
    return {};
}

} // namespace

bytes signed_octets(topic_post const& post) {
    octet_writer out(128 + post.text.size());
    out.octets(as_bytes(post_label));
    write_body(out, post);
    return out.take();
}

result<bytes> encode(topic_post const& post) {
    if (auto const ec = check(post))
        return ec;
    octet_writer out(192 + post.text.size());
    out.octets(post.sig);
    write_body(out, post);
    return out.take();
}

result<topic_post> decode_topic_post(byte_view body) {
    octet_reader in(body);
    topic_post out;
    out.sig = in.fixed<signature>();
    out.topic = in.fixed<info_hash>();
    out.from = in.fixed<public_key>();
    out.time = unix_ms{std::chrono::milliseconds{in.number<std::int64_t>()}};
    auto const name = in.number<std::uint8_t>();
    out.name = std::string(as_text(in.octets(name)));
    auto const text = in.number<std::uint16_t>();
    out.text = std::string(as_text(in.octets(text)));
    if (in.failed() || in.left() != 0)
        return errc::invalid_length;
    if (auto const ec = check(out))
        return ec;
    return out;
}

} // namespace tau::wire
