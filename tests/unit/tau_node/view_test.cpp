#include "core/hex.hpp"
#include "tau_node/endpoint_snapshot.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/lab.hpp"
#include "tau_node/message_text.hpp"
#include "tau_node/qr_code.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tau::node {
namespace {

using nlohmann::json;

TEST(ValueToJson, TellsTextFromOctets) {
    EXPECT_EQ(value_to_json(as_bytes("5:hello")), json({{"value", "hello"}}));
    EXPECT_EQ(value_to_json(as_bytes("2:\xff\x01")), json({{"value_hex", "ff01"}}));
    EXPECT_EQ(value_to_json(as_bytes("i42e")),
              json({{"value_hex", "69343265"}, {"bencoded", true}}));
    EXPECT_EQ(value_to_json(as_bytes("0:")), json({{"value", ""}}));
    EXPECT_EQ(value_to_json(as_bytes("garbage")).count("value"), 0u);
}

TEST(ToBencodedString, CountsOctets) {
    EXPECT_EQ(as_text(to_bencoded_string(as_bytes("hello"))), "5:hello");
    EXPECT_EQ(to_bencoded_string(bytes(996)).size(), 1000u);
}

TEST(MessageJson, HasTheDocumentedMembers) {
    messenger::message_view m;
    m.text = "hi";
    m.state = messenger::message_state::delivered;
    m.way = messenger::delivery_way::direct;
    auto const text = to_json(m);
    for (auto const* name : {"id", "from", "to", "text", "time", "state", "way"})
        EXPECT_TRUE(text.contains(name)) << name;
    EXPECT_EQ(text["state"], "delivered");
    EXPECT_EQ(text["way"], "direct");
    EXPECT_FALSE(text.contains("file"));
    m.file = messenger::attachment_view{"a.png", 7, {}, 7};
    auto const file = to_json(m);
    EXPECT_FALSE(file.contains("text"));
    EXPECT_EQ(file["file"]["name"], "a.png");
    EXPECT_EQ(file["file"]["bytes"], 7);
    EXPECT_EQ(file["file"]["sha256"], std::string(64, '0'));
}

TEST(HasReached, FollowsTheOrderOfStates) {
    EXPECT_TRUE(has_reached("read", "delivered"));
    EXPECT_TRUE(has_reached("published", "published"));
    EXPECT_FALSE(has_reached("stored", "published"));
    EXPECT_FALSE(has_reached("nonsense", "stored"));
}

TEST(ExitCodes, FollowTheErrorsName) {
    EXPECT_EQ(exit_of("not_found"), exit_code::not_found);
    EXPECT_EQ(exit_of("timed_out"), exit_code::timed_out);
    EXPECT_EQ(exit_of("invalid_argument"), exit_code::usage);
    EXPECT_EQ(exit_of("disk_full"), exit_code::failed);
    EXPECT_EQ(failed("x", errc::timed_out).exit(), exit_code::timed_out);
}

TEST(QrCode, IsSquareWithAQuietZone) {
    auto const code = qr_code("tau:" + std::string(64, 'a'));
    auto const lines = std::count(code.begin(), code.end(), '\n');
    EXPECT_GE(lines, 12);
    EXPECT_THROW((void)qr_code(std::string(5000, 'x')), failure);
}

TEST(QrCode, GivesTheModulesOfTheSameCode) {
    auto const rows = qr_modules("tau:" + std::string(64, 'a'));
    ASSERT_GE(rows.size(), 21u);
    EXPECT_EQ(rows.size() % 4, 1u);
    for (auto const& row : rows) {
        EXPECT_EQ(row.size(), rows.size());
        EXPECT_EQ(row.find_first_not_of("01"), std::string::npos);
    }
    // Three corners hold the finder pattern, the fourth does not.
    EXPECT_EQ(rows.front().substr(0, 8), "11111110");
    EXPECT_EQ(rows.front().substr(rows.size() - 8), "01111111");
    EXPECT_EQ(rows.back().substr(0, 8), "11111110");
    EXPECT_THROW((void)qr_modules(std::string(5000, 'x')), failure);
}

TEST(LabPicture, IsABitmapOfItsSize) {
    auto const picture = lab_picture();
    EXPECT_EQ(picture.size(), 202'854u);
    EXPECT_EQ(as_text(picture).substr(0, 2), "BM");
    std::uint32_t size = 0;
    std::memcpy(&size, picture.data() + 2, 4);
    EXPECT_EQ(size, picture.size());
}

struct Snapshot : testing::Test {
    std::filesystem::path dir;
    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "tau-snapshot-XXXXXX").string();
        dir = ::mkdtemp(name.data());
    }
    void TearDown() override { std::filesystem::remove_all(dir); }
};

TEST_F(Snapshot, RoundTripsWithoutProofs) {
    std::vector<dht::known_endpoint> known(2);
    known[0].key.octets[0] = 1;
    known[0].where = parse_endpoint("192.0.2.1:80").value();
    known[0].proven = true;
    known[0].last_success = unix_ms(std::chrono::milliseconds(1234));
    known[1].where = parse_endpoint("[2001:db8::1]:81").value();
    ASSERT_TRUE(save_endpoints(known, dir / "e"));
    auto const out = load_endpoints(dir / "e");
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[0].key, known[0].key);
    EXPECT_EQ(out[0].where, known[0].where);
    EXPECT_EQ(out[0].last_success, known[0].last_success);
    EXPECT_FALSE(out[0].proven);
    EXPECT_EQ(out[1].where, known[1].where);
}

TEST_F(Snapshot, DamageCostsOnlyWhatIsDamaged) {
    EXPECT_TRUE(load_endpoints(dir / "absent").empty());
    for (std::string const text :
         {"", "{", "{}", "[1,null,{}]", "[{\"key\":\"zz\",\"endpoint\":\"1.2.3.4:5\"}]",
          "[{\"key\":5,\"endpoint\":6}]"}) {
        std::ofstream(dir / "e") << text;
        std::filesystem::permissions(dir / "e", std::filesystem::perms(0600));
        EXPECT_TRUE(load_endpoints(dir / "e").empty()) << text;
    }
}

} // namespace
} // namespace tau::node
