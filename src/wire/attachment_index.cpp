#include "wire/attachment_index.hpp"

#include "wire/bencode.hpp"

namespace tau::wire {

result<bytes> encode(attachment_index const& index) {
    if (index.children.empty())
        return errc::invalid_argument;
    if (index.children.size() > max_index_targets)
        return errc::too_large;
    dict_writer out;
    out.list("h", index.children);
    out.integer("v", attachment_index_version);
    return out.finish();
}

result<attachment_index> decode_attachment_index(byte_view data) {
    TAU_TRY(in, dict_reader::parse(data));
    if (auto const ec = in.check_version(attachment_index_version))
        return ec;
    TAU_TRY(children, in.list<target>("h", max_index_targets));
    if (children.empty())
        return errc::invalid_argument;
    return attachment_index{std::move(children)};
}

} // namespace tau::wire
