#pragma once

#include "messenger/contact.hpp"
#include "messenger/file_port.hpp"

#include <map>

namespace tau::messenger {

struct engine_core;

/// Files that are being handed over in parts, until they become messages.
///
/// A part is sealed and written before it is answered, so memory holds one part of each.
/// Threading: tau thread only.
class file_sender {
public:
    static constexpr std::size_t max_uploads = 8;
    /// Octets of one part.
    static constexpr std::size_t max_part_bytes = 4 * 1024 * 1024;
    /// Without a part for so long an upload is dropped.
    static constexpr std::chrono::minutes patience{5};

    explicit file_sender(engine_core& core) : m_core(core) {}

    /// errc::not_found without a place for files, errc::rate_limited above max_uploads,
    /// errc::invalid_argument, errc::too_large, errc::disk_full.
    [[nodiscard]] result<upload_id> begin(std::uint64_t size);
    /// `from`: where the part belongs; errc::invalid_argument if it is not the next one.
    /// After an error the upload is gone.
    void write(upload_id id, std::uint64_t from, bytes plain, std::function<void(error_code)> done);
    /// Makes the message of a whole upload.
    void send(contact_ptr const& to, outgoing_upload what,
              std::function<void(result<message_id>)> stored);
    void drop(upload_id id);

private:
    struct upload {
        std::uint64_t size = 0;
        std::uint64_t written = 0;
        bool is_busy = false;
        alarm_queue::id alarm = 0;
    };
    void compose(contact_ptr const& to, std::string name, sealed_file file,
                 std::function<void(result<message_id>)> stored);
    void touch(upload_id id, upload& what);
    void later(std::function<void()> what);

    engine_core& m_core;
    std::map<upload_id, upload> m_uploads;
};

} // namespace tau::messenger
