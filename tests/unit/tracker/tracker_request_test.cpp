#include "wire/tracker_request.hpp"

#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tau::wire {
namespace {

std::string const plain = "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A"
                          "&peer_id=-LG0001-0123456789ab&port=6881&uploaded=1&downloaded=2&left=3";

std::string repeat(char const* digits, std::size_t times) {
    std::string out;
    while (times-- > 0)
        out += digits;
    return out;
}

TEST(TrackerQuery, ReadsWhatOrdinaryClientsSend) {
    auto const r = parse_announce_query(plain
                                        + "&event=started&numwant=50&compact=1&key=abc"
                                          "&no_peer_id=1&supportcrypto=1&redundant=0")
                       .value();
    // The BitTorrent specification wiki's example hash.
    EXPECT_EQ(to_hex(r.hash), "123456789abcdef123456789abcdef123456789a");
    EXPECT_EQ(as_text(r.id), "-LG0001-0123456789ab");
    EXPECT_EQ(r.port, 6881);
    EXPECT_EQ(r.uploaded, 1U);
    EXPECT_EQ(r.downloaded, 2U);
    EXPECT_EQ(r.left, 3U);
    EXPECT_EQ(r.event, announce_event::started);
    EXPECT_EQ(r.numwant, 50U);
    EXPECT_TRUE(r.compact);
    EXPECT_FALSE(r.wallet);
}

TEST(TrackerQuery, ReadsHashesInHexadecimalToo) {
    for (auto const* prefix : {"", "0x"}) {
        auto const query = std::string("info_hash=") + prefix + repeat("ab", 20)
                           + "&peer_id=" + repeat("01", 20) + "&port=1";
        auto const r = parse_announce_query(query).value();
        EXPECT_EQ(to_hex(r.hash), repeat("ab", 20));
        EXPECT_EQ(to_hex(r.id), repeat("01", 20));
    }
}

TEST(TrackerQuery, RefusesWhatIsMissingOrMalformed) {
    for (auto const* query :
         {"", "info_hash=abc", "peer_id=-LG0001-0123456789ab&port=1",
          "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&port=1",
          "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-LG0001-0123456789ab"})
        EXPECT_EQ(parse_announce_query(query).error(), errc::invalid_argument) << query;
    for (auto const* bad :
         {"&port=65536", "&port=", "&port=x", "&port=-1", "&info_hash=%zz", "&info_hash=%1",
          "&peer_id=", "&wallet=1", "&sign=00", "&action=fly", "&liveness=2", "&liveness=0.x",
          "&paths=9", "&paths=0", "&time=soon", "&links=zz"})
        EXPECT_FALSE(parse_announce_query(plain + bad)) << bad;
}

TEST(TrackerQuery, ToleratesOddNumbersThatOnlyInform) {
    auto const r =
        parse_announce_query(plain + "&uploaded=-1&left=-1&numwant=-1&event=odd").value();
    EXPECT_EQ(r.uploaded, 0U);
    EXPECT_NE(r.left, 0U);
    EXPECT_FALSE(r.numwant);
    EXPECT_EQ(r.event, announce_event::none);
}

TEST(TrackerQuery, ReadsTheWalletPart) {
    auto const r =
        parse_announce_query(plain + "&wallet=0x" + repeat("aa", 20) + "&sign=" + repeat("bb", 65)
                             + "&time=1700000000123&action=link&liveness=0.9537&accepts=1&paths=8"
                               "&tracker=example.org%3A6969&links="
                             + repeat("01", 20) + "%2C-0x" + repeat("02", 20))
            .value();
    ASSERT_TRUE(r.wallet);
    auto const& w = *r.wallet;
    EXPECT_EQ(to_hex(w.wallet), repeat("aa", 20));
    EXPECT_EQ(w.time_ms, 1'700'000'000'123);
    EXPECT_EQ(w.action, wallet_action::link);
    EXPECT_EQ(w.liveness, 953);
    EXPECT_TRUE(w.accepts);
    EXPECT_EQ(w.paths, 8);
    EXPECT_EQ(w.tracker, "example.org:6969");
    ASSERT_EQ(w.changes.size(), 2U);
    EXPECT_TRUE(w.changes[0].is_claim);
    EXPECT_FALSE(w.changes[1].is_claim);
}

TEST(TrackerQuery, IgnoresAWalletWithoutSignature) {
    EXPECT_FALSE(parse_announce_query(plain + "&wallet=" + repeat("aa", 20)).value().wallet);
}

TEST(TrackerQuery, TakesNoMoreChangesThanOneSignatureMayCarry) {
    auto const query = plain + "&links=";
    EXPECT_TRUE(parse_announce_query(
        query + repeat(",0101010101010101010101010101010101010101", 63).substr(1)));
    EXPECT_EQ(parse_announce_query(
                  query + repeat(",0101010101010101010101010101010101010101", 64).substr(1))
                  .error(),
              errc::too_large);
}

TEST(TrackerQuery, EveryTruncationGivesAValueOrAnError) {
    auto const query = plain + "&wallet=" + repeat("aa", 20) + "&sign=" + repeat("bb", 65);
    for (std::size_t n = 0; n <= query.size(); ++n)
        (void)parse_announce_query(std::string_view(query).substr(0, n));
}

TEST(TrackerQuery, ReadsScrapesOfSeveralHashesUpToTheLimit) {
    std::string query;
    for (std::size_t i = 0; i < scrape_request::max_hashes; ++i)
        query += "&info_hash=" + repeat("0a", 20);
    EXPECT_EQ(parse_scrape_query(query).value().hashes.size(), scrape_request::max_hashes);
    EXPECT_EQ(parse_scrape_query(query + "&info_hash=" + repeat("0a", 20)).error(),
              errc::too_large);
    EXPECT_TRUE(parse_scrape_query("").value().hashes.empty());
    EXPECT_EQ(parse_scrape_query("info_hash=1").error(), errc::invalid_argument);
}

TEST(TrackerStatement, CoversEveryFieldThatIsActedOn) {
    auto request = parse_announce_query(plain + "&wallet=" + repeat("aa", 20)
                                        + "&sign=" + repeat("bb", 65) + "&time=5&action=link")
                       .value();
    auto const base = tracker_statement(request, "t.example:80");
    EXPECT_EQ(base, "tau-tracker-v1|t.example:80|" + repeat("aa", 20) + "|" + to_hex(request.id)
                        + "|link|123456789abcdef123456789abcdef123456789a|none|"
                          "6881|3|0|0|2||5");
    auto const differs = [&](auto change) {
        auto copy = request;
        change(copy);
        return tracker_statement(copy, "t.example:80") != base;
    };
    EXPECT_NE(tracker_statement(request, "u.example:80"), base);
    EXPECT_TRUE(differs([](auto& r) { r.wallet->wallet.octets[0] = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.id.octets[0] = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.hash.octets[0] = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.event = announce_event::stopped; }));
    EXPECT_TRUE(differs([](auto& r) { r.port = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.left = 0; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->action = wallet_action::unlink; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->liveness = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->accepts = true; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->paths = 1; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->time_ms = 6; }));
    EXPECT_TRUE(differs([](auto& r) { r.wallet->changes.push_back({}); }));
}

} // namespace
} // namespace tau::wire
