#pragma once

#include "sim/messenger/world.hpp"

namespace tau::test {

/// Hands over a file of `size` octets in parts of 1 MiB and sends it.
inline result<messenger::message_id> upload(world& w, person& from, person& to,
                                            std::uint64_t size) {
    constexpr std::uint64_t part = 1024 * 1024;
    auto const id = from.engine().begin_upload(size);
    if (!id)
        return id.error();
    for (std::uint64_t at = 0; at < size;) {
        auto const count = std::min(part, size - at);
        auto const ec = from.ask([&](auto done) {
            from.engine().write_upload(id.value(), at, bytes(static_cast<std::size_t>(count), 7),
                                       done);
        });
        if (ec)
            return ec;
        at += count;
    }
    std::optional<result<messenger::message_id>> out;
    from.engine().send_upload(to.key(), {id.value(), "film.mkv"},
                              [&](auto answer) { out = std::move(answer); });
    if (!w.run_until([&] { return out.has_value(); }))
        return errc::timed_out;
    return *out;
}

} // namespace tau::test
