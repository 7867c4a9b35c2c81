#include "program/wowza_conf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <stdexcept>

#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace multiconn::tools::test {
namespace {

using multiconn::test::errorOf;
using multiconn::test::TemporaryFolder;
using multiconn::test::wowzaVector;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The XML of the load balancer's own document.
const std::string listener = wowzaVector("listener") + wowzaVector("http_provider");
const std::string sender = wowzaVector("sender");
const std::string module = wowzaVector("module");

std::string property(const std::string& name, const std::string& value, const std::string& type = "") {
  return "<Property><Name>" + name + "</Name><Value>" + value + "</Value>" +
         (type.empty() ? "" : "<Type>" + type + "</Type>") + "</Property>\n";
}

class WowzaConfTest : public testing::Test {
 protected:
  std::string read(const std::string& text, const std::string& application = "") {
    return readWowzaConf(text, "some.xml", application, expand_, conf_).value_or("");
  }

  Expansion expand_ = [](const std::string& name) -> std::optional<std::string> {
    if (name == "com.wowza.wms.AppHome") return "/opt/wowza";
    if (name == "LONG") return std::string(60'000, 'x');
    return {};
  };
  WowzaConf conf_;
};

TEST_F(WowzaConfTest, TakesTheDocumentAsItStands) {
  EXPECT_EQ(read(listener), "");
  EXPECT_EQ(read(module), "");
  EXPECT_THAT(conf_.warnings, IsEmpty());
  EXPECT_EQ(conf_.find("loadBalancerListenerKey"), "023D4FB4IS83");
  EXPECT_EQ(conf_.find("loadBalancerListenerIpAddress"), "*");
  EXPECT_EQ(conf_.find("loadBalancerListenerPort"), "1934");
  EXPECT_EQ(conf_.find("loadBalancerListenerRedirectorClass"),
            "com.wowza.wms.plugin.loadbalancer.LoadBalancerRedirectorConcurrentConnects");
  EXPECT_EQ(conf_.find("loadBalancerListenerMessageTimeout"), "5000");
  EXPECT_EQ(conf_.find("enableServerInfoXML"), "true");
  EXPECT_EQ(conf_.find("any", "redirectAppName"), "videos");
  EXPECT_EQ(conf_.find("any", "redirectOnConnect"), "true");
  EXPECT_EQ(conf_.find("any", "redirectPort"), std::nullopt) << "it is commented out";
  EXPECT_EQ(conf_.find("any", "redirectScheme"), std::nullopt) << "it is commented out";
  EXPECT_THAT(conf_.classes,
              ElementsAre("com.wowza.wms.plugin.loadbalancer.ServerListenerLoadBalancerListener",
                          "com.wowza.wms.plugin.loadbalancer.HTTPLoadBalancerRedirector",
                          "com.wowza.wms.plugin.loadbalancer.ModuleLoadBalancerRedirector"));
}

TEST_F(WowzaConfTest, NamesAPlaceholderThatWasLeft) {
  EXPECT_EQ(read(sender), "");
  EXPECT_EQ(conf_.find("loadBalancerSenderTargetPath"), "/opt/wowza/conf/loadbalancertargets.txt");
  EXPECT_EQ(conf_.find("loadBalancerSenderMessageInterval"), "2500");
  EXPECT_EQ(conf_.find("loadBalancerSenderRedirectAddress"), std::nullopt);
  EXPECT_THAT(conf_.warnings, ElementsAre(AllOf(HasSubstr("some.xml: loadBalancerSenderRedirectAddress"),
                                                HasSubstr("[redirect-address]"))));
  EXPECT_EQ(read(property("loadBalancerSenderRedirectAddress", "[::1]")), "");
  EXPECT_EQ(conf_.find("loadBalancerSenderRedirectAddress"), "[::1]");
}

TEST_F(WowzaConfTest, ReadsWholeDocumentsAsWell) {
  const std::string document =
      std::string(
          "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root version=\"1\">"
          "<Server><Properties>") +
      listener + "</Properties></Server></Root>";
  EXPECT_EQ(read(document), "");
  EXPECT_EQ(conf_.find("loadBalancerListenerPort"), "1934");
}

TEST_F(WowzaConfTest, NamesPropertiesThatNobodyKnows) {
  EXPECT_EQ(read(property("maxStorageDirDepth", "25", "Integer") +
                 property("maxStorageDirDepth", "${NOT_HERE}") + property("redirectappname", "x") +
                 "<Property><Value>x</Value></Property>" + property("a\nb", "x")),
            "");
  EXPECT_THAT(conf_.warnings,
              ElementsAre("some.xml: property maxStorageDirDepth is not known here and not used",
                          "some.xml: property redirectappname is not known here and not used",
                          "some.xml: a <Property> without a <Name> is not known here and not used",
                          "some.xml: property a?b is not known here and not used"));
}

TEST_F(WowzaConfTest, NamesWhatAProviderAsksForInVain) {
  EXPECT_EQ(
      read("<HTTPProvider><BaseClass>x.HTTPLoadBalancerRedirector</BaseClass>"
           "<RequestFilters>lb*</RequestFilters><AuthenticationMethod>admin-digest</AuthenticationMethod>"
           "</HTTPProvider><HTTPProvider><BaseClass>x.Other</BaseClass><RequestFilters>o*</RequestFilters>"
           "</HTTPProvider>"),
      "");
  EXPECT_THAT(conf_.warnings,
              ElementsAre(HasSubstr("RequestFilters lb*"), HasSubstr("AuthenticationMethod admin-digest")));
}

TEST_F(WowzaConfTest, KeepsApplicationsApart) {
  EXPECT_EQ(read(property("redirectAppName", "one"), "first"), "");
  EXPECT_EQ(read(property("redirectAppName", "two"), "second"), "");
  EXPECT_EQ(read(property("redirectAppName", "all") + property("redirectScheme", "rtmps")), "");
  EXPECT_EQ(conf_.find("first", "redirectAppName"), "one");
  EXPECT_EQ(conf_.find("second", "redirectAppName"), "two");
  EXPECT_EQ(conf_.find("third", "redirectAppName"), "all");
  EXPECT_EQ(conf_.find("first", "redirectScheme"), "rtmps");
  EXPECT_EQ(conf_.find("redirectAppName"), std::nullopt);
}

TEST_F(WowzaConfTest, TakesTheLastOfSeveral) {
  EXPECT_EQ(read(property("loadBalancerListenerPort", "1") + property("loadBalancerListenerPort", "2")), "");
  EXPECT_EQ(conf_.find("loadBalancerListenerPort"), "2");
}

TEST_F(WowzaConfTest, ReadsTextAsXmlHasIt) {
  EXPECT_EQ(
      read(
          "<Property> <Name>\n loadBalancerListenerKey\t</Name> <Value><![CDATA[a<b&c]]></Value></Property>" +
          property("redirectAppName", " a &amp; b ") + property("redirectOnConnect", "FALSE", "Boolean")),
      "");
  EXPECT_EQ(conf_.find("loadBalancerListenerKey"), "a<b&c");
  EXPECT_EQ(conf_.find("", "redirectAppName"), "a & b");
  EXPECT_EQ(conf_.find("", "redirectOnConnect"), "false");
}

TEST_F(WowzaConfTest, ChecksTypes) {
  const std::string before = "<!-- two\nlines -->\n";
  EXPECT_EQ(read(before + property("loadBalancerListenerPort", "19x4", "Integer")),
            "some.xml, line 3: loadBalancerListenerPort has to be an integer");
  EXPECT_EQ(read(property("loadBalancerListenerPort", "1934.0")),
            "some.xml, line 1: loadBalancerListenerPort has to be an integer");
  EXPECT_EQ(read(property("loadBalancerListenerMessageTimeout", "99999999999", "Integer")),
            "some.xml, line 1: loadBalancerListenerMessageTimeout has to be an integer");
  EXPECT_EQ(read(property("redirectPort", "")), "some.xml, line 1: redirectPort has to be an integer");
  EXPECT_EQ(read(property("enableServerInfoXML", "yes", "Boolean")),
            "some.xml, line 1: enableServerInfoXML has to be true or false");
  EXPECT_THAT(read(property("loadBalancerListenerKey", "the-secret", "Integer")),
              AllOf(HasSubstr("loadBalancerListenerKey has to be an integer"), Not(HasSubstr("the-secret"))));
  EXPECT_THAT(conf_.server, IsEmpty());
}

TEST_F(WowzaConfTest, ReplacesWhatStandsInBraces) {
  EXPECT_EQ(
      read(property("loadBalancerSenderTargetPath", "a${com.wowza.wms.AppHome}b${com.wowza.wms.AppHome}${")),
      "");
  EXPECT_EQ(conf_.find("loadBalancerSenderTargetPath"), "a/opt/wowzab/opt/wowza${");
  EXPECT_EQ(read("\n" + property("loadBalancerSenderTargetPath", "${MISSING}/x")),
            "some.xml, line 2: ${MISSING} in loadBalancerSenderTargetPath is not in the environment");
  EXPECT_EQ(read(property("loadBalancerSenderTargetPath", "${LONG}${LONG}")),
            "some.xml, line 1: the value of loadBalancerSenderTargetPath is longer than 64 KiB");
}

TEST_F(WowzaConfTest, SaysWhereTheXmlIsBroken) {
  EXPECT_THAT(read("<a>\n<b>\n</a>"), HasSubstr("some.xml, line 3: this is no XML ("));
  EXPECT_THAT(read("<Property"), HasSubstr("some.xml, line 1: this is no XML ("));
}

TEST_F(WowzaConfTest, RefusesWhatHasNoElement) {
  for (const char* const text :
       {"", "\n", "no markup at all", "# keys\n0123456789abcdefghijkl\n", "10.0.0.1,1934,023D4FB4IS83\n",
        "<?xml version=\"1.0\"?>\n<!-- <Root/> -->\n"})
    EXPECT_EQ(read(text), "some.xml has no XML element, and is no Wowza configuration") << text;
  EXPECT_EQ(read("text before <Root/>"), "");
}

TEST_F(WowzaConfTest, IsNotOverrunByHostileFiles) {
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "<a>";
  EXPECT_THAT(read(deep), HasSubstr("this is no XML"));
  std::string closed = deep.substr(0, 450'000);
  for (int i = 0; i < 150'000; ++i) closed += "</a>";
  EXPECT_THAT(read(closed), HasSubstr("more than 1 MiB"));
  closed = deep.substr(0, 300'000);
  for (int i = 0; i < 100'000; ++i) closed += "</a>";
  EXPECT_THAT(read(closed), HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(read("<!DOCTYPE x [<!ENTITY a \"&a;&a;\">]>" + property("redirectAppName", "&a;")), "");
  EXPECT_EQ(conf_.find("", "redirectAppName"), "&a;");
  std::string unknown;
  for (int i = 0; i < 10'000; ++i) unknown += property("p" + std::to_string(i), "");
  EXPECT_EQ(read(unknown), "");
  EXPECT_EQ(conf_.warnings.size(), 100U);
}

class WowzaFilesTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(WowzaFilesTest, BelongToTheApplicationOfTheirFolder) {
  const auto live = folder_.write("conf/live/Application.xml", property("redirectAppName", "a"));
  const auto vod = folder_.write("conf/vod/Application.xml", property("redirectAppName", "b"));
  const auto other = folder_.write("elsewhere/live/Application.xml", property("redirectAppName", "c"));
  const WowzaConf conf = readWowzaFiles({live, "films=" + vod.string(), other}, "/opt/wowza");
  EXPECT_EQ(conf.find("live", "redirectAppName"), "a");
  EXPECT_EQ(conf.find("films", "redirectAppName"), "b");
  EXPECT_EQ(conf.find("vod", "redirectAppName"), "c");
}

TEST_F(WowzaFilesTest, MayHaveAnEqualsSignInTheirNames) {
  const auto file = folder_.write("a=b.xml", property("redirectAppName", "a"));
  EXPECT_EQ(readWowzaFiles({file}, "").find("x", "redirectAppName"), "a");
  EXPECT_EQ(readWowzaFiles({"x=" + file.string()}, "").find("y", "redirectAppName"), std::nullopt);
}

TEST_F(WowzaFilesTest, TakeTheEnvironmentAndTheHome) {
  ::setenv("MULTICONN_TEST_PORT", "2000", 1);
  const auto file =
      folder_.write("Server.xml", property("loadBalancerListenerPort", "${MULTICONN_TEST_PORT}", "Integer") +
                                      property("loadBalancerSenderTargetPath", "${com.wowza.wms.AppHome}/x"));
  const WowzaConf conf = readWowzaFiles({file}, "/opt/wowza");
  EXPECT_EQ(conf.find("loadBalancerListenerPort"), "2000");
  EXPECT_EQ(conf.find("loadBalancerSenderTargetPath"), "/opt/wowza/x");
  ::unsetenv("MULTICONN_TEST_PORT");
  EXPECT_THAT(errorOf([&] { readWowzaFiles({file}, "/opt/wowza"); }),
              AllOf(HasSubstr("Server.xml, line 1"), HasSubstr("${MULTICONN_TEST_PORT}")));
}

TEST_F(WowzaFilesTest, AreNamedInErrors) {
  EXPECT_EQ(errorOf([] { readWowzaFiles({"live=/nowhere/x.xml"}, ""); }),
            "cannot read /nowhere/x.xml: No such file or directory");
  EXPECT_THAT(errorOf([] { readWowzaFiles({"live="}, ""); }), HasSubstr("names no file"));
  const auto large = folder_.write("large.xml", std::string(1024 * 1024 + 1, ' '));
  EXPECT_THAT(errorOf([&] { readWowzaFiles({large}, ""); }), HasSubstr("large.xml"));
}

}  // namespace
}  // namespace multiconn::tools::test
