#include "store/database.hpp"

#include "store/sqlite.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace tau::store {
namespace {

template <class Fixed>
Fixed filled(std::uint8_t octet) {
    Fixed out;
    out.octets.fill(octet);
    return out;
}

message_row row_of(std::uint8_t number, std::uint8_t peer, direction way = direction::in) {
    message_row row;
    row.id = filled<hash256>(number);
    row.root = filled<target>(number);
    row.peer = filled<public_key>(peer);
    row.direction = way;
    row.state = 2;
    row.time = unix_ms{std::chrono::milliseconds(1000 + number)};
    row.received = row.time;
    row.content = {1, 2, 3};
    row.sealed = bytes(900, number);
    return row;
}

friend_row friend_of(std::uint8_t number) {
    friend_row row;
    row.key = filled<public_key>(number);
    row.their_name = "N";
    row.state = 2;
    row.contact_key = filled<hash256>(9);
    return row;
}

struct Database : testing::Test {
    test::temp_folder folder;
    std::string path = (folder / "tau.db").string();

    database open() { return std::move(database::open(path)).value(); }
};

TEST_F(Database, KeepsWhatIsHeldForOthersOverAReopen) {
    held_row row{filled<target>(1), filled<public_key>(2), filled<public_key>(3),
                 filled<target>(4)};
    row.minute = 5;
    row.addressee = {1, 2, 3, 4};
    row.value = {6, 7, 8};
    {
        auto db = open();
        ASSERT_FALSE(db.apply({put_held{row}}, durability::full));
        row.minute = 9; // a second time changes nothing
        ASSERT_FALSE(
            db.apply({put_held{row}, note_held_put{row.target, unix_ms{std::chrono::hours(1)}}},
                     durability::full));
    }
    auto db = open();
    auto const held = db.load().value().held;
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].minute, 5);
    EXPECT_EQ(held[0].receiver, row.receiver);
    EXPECT_EQ(held[0].addressee, row.addressee);
    EXPECT_TRUE(held[0].stranger.empty());
    EXPECT_EQ(held[0].size, 3);
    EXPECT_EQ(held[0].put, unix_ms{std::chrono::hours(1)});
    EXPECT_EQ(db.held(row.target).value(), row.value);
    ASSERT_FALSE(db.apply({remove_held{row.target}}, durability::full));
    EXPECT_EQ(db.held(row.target).error(), error_code(errc::not_found));
}

TEST_F(Database, KeepsEverythingOverAReopen) {
    {
        auto db = open();
        batch all;
        all.push_back(put_friend{friend_of(1)});
        all.push_back(put_message{row_of(5, 1, direction::out), true});
        all.push_back(put_item{{filled<target>(7), filled<hash256>(5), {4, 5}}});
        all.push_back(put_authored{{wire::salt::from("wallet").value(), 3, {6}, unix_ms{}}});
        all.push_back(put_missing{{filled<public_key>(1), filled<target>(8), unix_ms{}}});
        all.push_back(put_endpoint{
            {filled<public_key>(1), endpoint(boost::asio::ip::address_v4(1), 2), unix_ms{}}});
        all.push_back(put_meta{"name", {7}});
        ASSERT_EQ(db.apply(all, durability::full), error_code{});
        ASSERT_EQ(db.apply(all, durability::lazy), error_code{}); // repeating does no harm
    }
    auto db = open();
    auto const state = db.load();
    ASSERT_TRUE(state);
    ASSERT_EQ(state.value().friends.size(), 1U);
    EXPECT_EQ(state.value().friends[0].contact_key, filled<hash256>(9));
    EXPECT_FALSE(state.value().friends[0].last_seen);
    EXPECT_EQ(state.value().outbox, std::vector{filled<hash256>(5)});
    EXPECT_EQ(state.value().authored.at(0).seq, 3);
    EXPECT_EQ(state.value().missing.at(0).root, filled<target>(8));
    EXPECT_EQ(state.value().endpoints.at(0).where.port(), 2);
    EXPECT_EQ(state.value().meta.at(0).second, bytes{7});
    EXPECT_EQ(db.items_of(filled<hash256>(5)).value().size(), 1U);
    EXPECT_EQ(db.message(filled<hash256>(5)).value().sealed.size(), 900U);
    EXPECT_EQ(db.message(filled<hash256>(6)).error(), error_code(errc::not_found));
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(Database, TakesAMessageInOnce) {
    auto db = open();
    auto const first = db.take_in({row_of(1, 1), row_of(2, 1)}, {});
    EXPECT_EQ(first.value().size(), 2U);
    auto const again = db.take_in({row_of(2, 1), row_of(3, 1)}, {put_friend{friend_of(1)}});
    EXPECT_EQ(again.value(), std::vector{filled<hash256>(3)});
    EXPECT_EQ(db.known_of({filled<target>(3), filled<target>(4)}).value(),
              std::vector{filled<target>(3)});
    EXPECT_EQ(db.count_below(filled<public_key>(1), 3).value(), 3U);
    message_query query;
    query.peer_states = {2};
    query.limit = 2;
    auto const newest = db.messages(query).value();
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].id, filled<hash256>(2)); // the oldest of the newest first
    query.peer_states = {0, 1};
    EXPECT_TRUE(db.messages(query).value().empty());
}

TEST_F(Database, StatesOnlyRiseAndErasedRowsStay) {
    auto db = open();
    ASSERT_FALSE(db.apply({put_message{row_of(1, 1, direction::out), true},
                           set_message_state{filled<hash256>(1), 3, 2},
                           set_message_state{filled<hash256>(1), 2, 4}},
                          durability::full));
    EXPECT_EQ(db.message(filled<hash256>(1)).value().state, 3);
    EXPECT_EQ(db.message(filled<hash256>(1)).value().way, 2);
    ASSERT_FALSE(db.apply({erase_message{filled<hash256>(1), {9}}}, durability::full));
    auto const row = db.message(filled<hash256>(1)).value();
    EXPECT_TRUE(row.erased);
    EXPECT_TRUE(row.sealed.empty());
    EXPECT_EQ(row.content, bytes{9});
    EXPECT_TRUE(db.load().value().outbox.empty());
    EXPECT_TRUE(db.take_in({row_of(1, 1)}, {}).value().empty());
}

TEST_F(Database, RemovingAFriendTakesEverythingAlong) {
    auto db = open();
    ASSERT_FALSE(db.apply({put_friend{friend_of(1)}, put_friend{friend_of(2)},
                           put_message{row_of(1, 1), true}, put_message{row_of(2, 2), true},
                           put_item{{filled<target>(1), filled<hash256>(1), {1}}}},
                          durability::full));
    ASSERT_FALSE(db.apply({remove_friend{filled<public_key>(1)}}, durability::full));
    EXPECT_EQ(db.load().value().friends.size(), 1U);
    EXPECT_EQ(db.load().value().outbox.size(), 1U);
    EXPECT_TRUE(db.items_of(filled<hash256>(1)).value().empty());
    EXPECT_FALSE(db.message(filled<hash256>(1)));
    EXPECT_TRUE(db.message(filled<hash256>(2)));
}

TEST_F(Database, FullDiskChangesNothing) {
    auto db = open();
    ASSERT_FALSE(db.limit_pages(40));
    error_code ec;
    std::uint8_t number = 0;
    while (!ec && number < 250)
        ec = db.apply({put_message{row_of(++number, 1, direction::out), true},
                       put_message{row_of(static_cast<std::uint8_t>(number + 1), 1)}},
                      durability::full);
    EXPECT_EQ(ec, error_code(errc::disk_full));
    EXPECT_EQ(db.load().value().outbox.size(), number - 1U);
    ASSERT_FALSE(db.limit_pages(400));
    EXPECT_FALSE(db.apply({put_message{row_of(number, 1)}}, durability::full));
}

TEST_F(Database, RefusesANewerVersionAndLeavesItAlone) {
    {
        auto db = connection::open(path);
        ASSERT_TRUE(db);
        ASSERT_FALSE(db.value().execute("CREATE TABLE later (a); PRAGMA user_version=999"));
    }
    EXPECT_EQ(database::open(path).error(), error_code(errc::unsupported_version));
    auto db = connection::open(path);
    EXPECT_EQ(db.value().number("PRAGMA user_version").value(), 999);
}

TEST_F(Database, BacksUpAnOlderVersionBeforeItMigrates) {
    {
        auto db = connection::open(path);
        ASSERT_FALSE(
            db.value().execute("CREATE TABLE earlier (a); INSERT INTO earlier VALUES (1)"));
    }
    ASSERT_TRUE(database::open(path));
    auto db = connection::open(path + ".v0.bak");
    ASSERT_TRUE(db);
    EXPECT_EQ(db.value().number("SELECT count(*) FROM earlier").value(), 1);
}

TEST_F(Database, IsOpenInOneProcessAtATime) {
    auto const db = open();
    EXPECT_EQ(database::open(path).error(), error_code(errc::locked));
}

TEST_F(Database, RefusesAFileThatIsNoDatabase) {
    std::ofstream(path) << std::string(5000, 'x');
    EXPECT_EQ(database::open(path).error(), error_code(errc::invalid_encoding));
}

TEST_F(Database, ExportsAndImportsEverything) {
    bytes blob;
    {
        auto db = open();
        ASSERT_FALSE(db.apply({put_friend{friend_of(1)}, put_message{row_of(1, 1), true}},
                              durability::full));
        blob = db.export_all().value();
        EXPECT_EQ(db.import_all(blob), error_code(errc::already_exists));
    }
    auto db = std::move(database::open((folder / "other.db").string())).value();
    for (std::size_t size = 0; size < 200; ++size)
        EXPECT_TRUE(db.import_all(byte_view(blob).first(size)));
    auto damaged = blob;
    damaged.back() ^= 1;
    EXPECT_EQ(db.import_all(damaged), error_code(errc::invalid_checksum));
    ASSERT_EQ(db.import_all(blob), error_code{});
    EXPECT_EQ(db.load().value().outbox.size(), 1U);
    EXPECT_FALSE(db.apply({put_message{row_of(2, 1)}}, durability::full));
}

} // namespace
} // namespace tau::store
