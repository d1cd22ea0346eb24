#include "wire/topic_link.hpp"

#include "wire/octets.hpp"

namespace tau::wire {
namespace {

void write_ids(octet_writer& out, std::vector<post_id> const& ids) {
    for (auto const& id : ids)
        out.octets(id);
}

/// All that is left must be ids.
result<std::vector<post_id>> read_ids(octet_reader& in) {
    if (in.failed() || in.left() % post_id::size_bytes != 0)
        return errc::invalid_length;
    if (in.left() / post_id::size_bytes > max_post_ids)
        return errc::too_large;
    std::vector<post_id> out;
    while (in.left() != 0)
        out.push_back(in.fixed<post_id>());
    return out;
}

} // namespace

post_id id_of(signature const& sig) {
    post_id out;
    std::copy_n(sig.begin(), post_id::size_bytes, out.octets.begin());
    return out;
}

result<bytes> encode(topic_member const& what) {
    octet_writer out(info_hash::size_bytes + 1);
    out.octets(what.topic);
    out.number(what.links);
    return out.take();
}

result<topic_member> decode_topic_member(byte_view body) {
    octet_reader in(body);
    topic_member out;
    out.topic = in.fixed<info_hash>();
    out.links = in.number<std::uint8_t>();
    if (in.failed() || in.left() != 0)
        return errc::invalid_length;
    return out;
}

result<bytes> encode(topic_have const& what) {
    if (what.ids.size() > max_post_ids)
        return errc::too_large;
    if (what.ids.empty())
        return errc::invalid_argument;
    octet_writer out(info_hash::size_bytes + what.ids.size() * post_id::size_bytes);
    out.octets(what.topic);
    write_ids(out, what.ids);
    return out.take();
}

result<topic_have> decode_topic_have(byte_view body) {
    octet_reader in(body);
    topic_have out;
    out.topic = in.fixed<info_hash>();
    TAU_TRY(ids, read_ids(in));
    if (ids.empty())
        return errc::invalid_argument;
    out.ids = std::move(ids);
    return out;
}

result<bytes> encode(topic_pull const& what) {
    if (what.ids.size() > max_post_ids)
        return errc::too_large;
    octet_writer out(info_hash::size_bytes + 1 + what.ids.size() * post_id::size_bytes);
    out.octets(what.topic);
    out.number(what.mode);
    write_ids(out, what.ids);
    return out.take();
}

result<topic_pull> decode_topic_pull(byte_view body) {
    octet_reader in(body);
    topic_pull out;
    out.topic = in.fixed<info_hash>();
    auto const mode = in.number<std::uint8_t>();
    TAU_TRY(ids, read_ids(in));
    if (mode > static_cast<std::uint8_t>(push_mode::keep))
        return errc::invalid_encoding;
    out.mode = static_cast<push_mode>(mode);
    out.ids = std::move(ids);
    return out;
}

result<bytes> encode(topic_parting const& what) {
    if (what.members.size() > max_told_members)
        return errc::too_large;
    octet_writer out;
    out.octets(what.topic);
    for (auto const& where : what.members) {
        auto const compact = to_compact(where);
        out.number(static_cast<std::uint8_t>(compact.size()));
        out.octets(compact);
    }
    return out.take();
}

result<topic_parting> decode_topic_parting(byte_view body) {
    octet_reader in(body);
    topic_parting out;
    out.topic = in.fixed<info_hash>();
    while (!in.failed() && in.left() != 0) {
        if (out.members.size() == max_told_members)
            return errc::too_large;
        auto const size = in.number<std::uint8_t>();
        auto const compact = in.octets(size);
        if (in.failed())
            break;
        TAU_TRY(where, from_compact(compact));
        out.members.push_back(where);
    }
    if (in.failed())
        return errc::invalid_length;
    return out;
}

} // namespace tau::wire
