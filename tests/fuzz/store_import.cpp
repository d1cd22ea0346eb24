// The messenger's export as it comes out of a backup. The input either is such a blob,
// or edits of a sound one (three octets of place, one of value) below a right checksum,
// so that the fuzzer reaches what lies behind it.
#include "store/database.hpp"
#include "support/temp_folder.hpp"

#include <openssl/sha.h>

#include <cstdlib>
#include <optional>

namespace {

using namespace tau;

constexpr std::size_t magic_bytes = 13;
constexpr std::size_t head_bytes = magic_bytes + SHA256_DIGEST_LENGTH;

struct fresh_database {
    test::temp_folder folder;
    store::database db = store::database::open((folder / "messages.db").string()).value();
};

bytes sound_export() {
    fresh_database from;
    store::batch changes;
    changes.push_back(store::put_friend{{.key = {}, .own_name = "a", .their_name = "b"}});
    store::message_row message{.id = {}, .root = {}, .peer = {}};
    message.content = bytes(20, 1);
    message.sealed = bytes(20, 2);
    changes.push_back(store::put_message{message, true});
    changes.push_back(store::put_item{{{}, {}, bytes(20, 3)}});
    changes.push_back(store::put_authored{{{}, 7, bytes(20, 4), {}}});
    changes.push_back(store::put_missing{{{}, {}, {}}});
    changes.push_back(store::put_endpoint{{{}, parse_endpoint("1.2.3.4:5").value(), {}}});
    changes.push_back(store::put_meta{"own_name", bytes(4, 'n')});
    if (from.db.apply(changes, store::durability::lazy))
        std::abort();
    return from.db.export_all().value();
}

bytes edited(bytes blob, byte_view edits) {
    for (; edits.size() >= 4; edits = edits.subspan(4)) {
        auto const at = (std::size_t{edits[0]} << 16 | std::size_t{edits[1]} << 8 | edits[2])
                        % (blob.size() - head_bytes);
        blob[head_bytes + at] = edits[3];
    }
    SHA256(blob.data() + head_bytes, blob.size() - head_bytes, blob.data() + magic_bytes);
    return blob;
}

// Whatever was let in can be asked for everything.
void read_all(store::database& db) {
    (void)db.load();
    (void)db.ends({}, 100);
    (void)db.messages({});
    (void)db.message({});
    (void)db.known_of({target{}});
    (void)db.incoming({}, 100);
    (void)db.items_of({});
    (void)db.newest_items(1'000'000);
    (void)db.export_all();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const sound = sound_export();
    static std::optional<fresh_database> to;
    if (!to)
        to.emplace();
    byte_view const input(data, size);
    bool const is_blob = size > 0 && data[0] == 't';
    auto const ec = to->db.import_all(is_blob ? to_bytes(input) : edited(sound, input));
    if (ec == errc::invalid_checksum || ec == errc::invalid_encoding
        || ec == errc::unsupported_version)
        return 0; // left as it was
    read_all(to->db);
    to.reset();
    return 0;
}
