"""The words that a disguised spelling may be undone to: nothing else is joined, unstretched or read as leet."""

from __future__ import annotations

_HIDDEN = """
anal anus arse arsehole ass asses asshat asshole assholes asswipe attack bastard bastards beaner beat behead
bigot bimbo bitch bitches bitching bitchy bitcoin blowjob bollocks bomb boner boob boobs bugger bullshit burn
butthole casino cheap chink clit clown clowns cnmb cocaine cock cockroach cocks cocksucker coon coward cowards
crackhead crap creampie creep creeps cretin crypto cum cumming cunt cunts damn dead death destroy dick dickhead
dickheads dicks die dies dildo dimwit dipshit discount disgusting douche douchebag dumb dumbass dumbfuck dumbo
dyke execute fag faggot faggots fags fatass fatso filth filthy fool foolish fools freak freaks fuck fucked
fucker fuckers fuckface fuckhead fuckin fucking fucks fucktard gambling gangbang garbage goddamn gook gtfo
halfwit handjob hang hate hated hater haters hates heroin hooker horny horseshit hurt hypocrite idiot idiotic
idiots imbecile jackass jerkoff jizz kike kikes kill killed killer killing kills kunt kys liar loser losers
lottery lunatic masturbate meth milf moron moronic morons motherfucker motherfuckers motherfucking murder
murdered nazi nazis negro nigga niggas nigger niggers nmsl nude nudes nympho orgasm orgy overdose paki parasite
parasites pathetic pedo pedophile penis pig pigs piss pissed porn porno prick pricks prize prostitute psycho
pussies pussy queer racist raghead rape raped rapist rats retard retarded retards savage savages scum scumbag
sex sexy shemale shit shithead shithole shits shitty shoot skank slag slaughter slut sluts slutty spic spunk
stab stfu strangle stupid stupidity subhuman suicidal suicide telegram terrorist terrorists threat threaten tit
tits titties tmd towelhead traitor traitors tranny trash trashy turd twat twats ugly useless vagina vermin
viagra vulva wank wanker wankers weed weirdo wetback whatsapp whore whores winner wop worthless wtf xxx
"""

_COMMON = """
ability able abortion about above absolute absolutely abuse accept acceptable accepted access according account
accounts accurate accused across act acting action actions active acts actual actually add added adding addition
address administration admit adult advice afford afraid africa african after again against age agenda ago agree
agreed ahead aint air aliens alive all allow allowed almost alone along already also although always amazing
america american americans among amount and angry animal animals annoying another answer anti anxiety any
anybody anymore anyone anything anyway anyways anywhere apart apparently appear appears apply appreciate
approach appropriate are area areas argue argument arguments arm army around arrested art article articles asian
asians ask asked asking assault assume attacked attacks attempt attention attitude attractive author available
average avoid aware away awesome awful babies baby back background bad bag balls ban band bank banned bar barely
base based basic basically basis battle beautiful became because become becomes becoming bed been before begin
beginning behavior behind being believe believes belong below benefit besides best bet better between beyond
bias biased big bigger biggest bill billion bird birds birth birthday bit black blacks blade blame blind block
blocked blocking blood blow blue board body book books border borders boring born bot both bother bottom bought
box boy boyfriend boys brain break breaking bridge bring bringing british broke broken brother brought brown
build building built bullet bunch burden burned bus business busy but butt buy bye california call called
calling calls came campaign can canada canadian cancer candidate cannot car card care career cares carry case
cases cash cat catch category catholic caught cause caused center century certain certainly chad chance change
changed changes changing channel character characters charge charged chat check cheers chicago child children
china chinese choice choke choose christ christian christians church cities citizens city civil claim claiming
claims class classes clean clear clearly click close closed club clue code cold college color come comes coming
commend comment comments commit committed common communist community companies company compared complain
complete completely computer concept concerned conflict confused congress connection consensus conservative
conservatives consider considered considering constantly constitution contact content context continue
contribute contributions control conversation cool cops copy correct corrupt cost could count countries country
couple course court cover covered crazy create created creating credit crime crimes criminal criminals criticism
cross cry crying cultural culture current currently cut cute cutting dad daily damage dangerous dare dark data
date dating daughter day days deal dealing dear debate decent decide decided decision deep defend defending
defense definitely definition degree delete deleted deletion demand democratic democrats deport depressed
depression describe described deserve deserves despite destroyed details did didn died difference different
difficult direct directly dirty disability disabled disagree discuss discussion diversity doctor does doesn dog
dogs doing dollars don done doom door double doubt down drama dream drink drive driving drop drown drug drugs
drunk dude due during dying each earlier early earth easier easily east easy eat eating economic economy edit
edited editing editor editors edits education effect effort either elected election else email emotional empty
encyclopedia end ended ending enemy energy english enjoy enough entire entirely entry episode equal especially
ethnic europe european even event events eventually ever every everybody everyday everyone everything everywhere
evidence evil exact exactly example examples excellent except excuse exist existence exists expect experience
explain explanation extra extreme extremely eye eyes face fact facts fail failed failure fair faith fake fall
false families family fan fans far farm fascist fast fat father fault favor favorite fear federal feed feel
feeling feelings feels fellow felt female females feminist few field fight fighting figure filled film final
finally find finding fine finish fire fired first fit five fix flag focus folks follow following food football
for force forced foreign forever forget forgot form former forward found four fox france free freedom french
friend friends from front full fully fun funny further future game games gang gave gay gays gender general
generally genocide german germany get gets getting ghetto girl girlfriend girls give given gives giving glad god
goes going gold gone good got gotten government great greatest green ground group groups grow growing guess
guidelines guilty gun guns guy guys had hair half hand handle hands hanging happen happened happening happens
happy hard harder hardly harm has hating hatred have having head heads health hear heard hearing heart held hell
hello help helped helpful helping helps her here heritage hero herself hide high higher highly him himself his
historical history hit hold holding hole holocaust holy home homeless honest honestly hope hopefully hoping
horrible hospital hot hour hours house how however huge human humans hundreds hurts husband hypocrisy hysterical
ice idea ideas identity ignorance ignorant ignore illegal illegals illness image images imagine immediately
immigrant immigrants immigration important impossible improve include included including indeed independent
india indian individual information innocent insane inside instead insult intelligent interest interested
interesting international internet into involved iran ireland irish irrelevant islam islamic israel issue issues
its itself jail japanese jerk jesus jew jewish jews job jobs join joke jokes judge july jump june just justice
keep keeping keeps kept kick kid kids kind king kiss knew knife knives know knowing knowledge known knows lack
ladies lady laid land language large last late lately later latest laugh laughing law laws lazy lead leader
leaders learn learned least leave leaving left leftist legal lesbian less let lets letting level liberal
liberals lie lies life light like liked likely likes line lines link linked list listed listen listening
literally little live lived lives living local logic london lonely long longer look looked looking looks lose
losing loss lost lot lots love loved loves loving low lower luck lucky lying mad made mail main major majority
make makes making male males man many march mark marriage married mass massive material matter matters may maybe
mean meaning means meant media medical meet meeting member members men mental mentally mention mentioned mess
message messages met mexican mexico mid middle might migrant migrants military million millions mind mine
minority minute minutes miss missed missing mistake model modern mom moment money monkey month months moral more
morning most mostly mother mouth move moved movement movie movies moving much multiple music muslim muslims must
myself name named names nasty nation national nationalism nationalist nations native natural nature near nearly
necessary need needed needs negative neither neutral never new news next nice night nobody none nonsense nor
normal north not notable note nothing notice noticed now number numbers obvious obviously off offensive offer
office official often oil okay old older once one ones online only onto open opinion opinions opportunity
opposite option order organization original other others otherwise our out outside over own page pages paid pain
paper paragraph parents park part particular particularly parts party pass passed password past pay paying peace
people peoples per perfect perfectly perhaps period person personal personally phone photo physical physically
pick picture pictures piece pills place places plain plan planet planned plans play played player playing please
plenty plus point points poison police policies policy political politicians politics poor popular population
position positive possible possibly post posted posting posts power practice prefer present president press
pretend pretty prevent previous pride prison private privilege pro probably problem problems process
professional program project proof propaganda proper properly property protect protected protest proud prove
proven provide provided public published pull pure purpose push pushing put putting quality question questions
quick quickly quit quite quote race racial racism racists raise raised ran random rate rather reach read reading
ready real reality realize realized really reason reasonable reasons received recent recently record red
redirect refer reference references referring refugee refugees refuse regarding regardless regards related
relationship relationships release released relevant reliable religion religious remain remember remove removed
removing reply report reported reports republican republicans request research respect respond response
responsible rest result results return revert reverted reverting review rich rid ride ridiculous right rights
rise risk road rock role room rope round rude ruin rule rules run running russia russian sad safe said sake same
save saw say saying says scared school schools science scientific search season second section security see
seeing seem seems seen self selfish sell send sending sense sent sentence separate series serious seriously
service services set several sexual sexually shall shame share she shooting short shot should show showed
showing shown shows shut sick side sides sign significant silly similar simple simply since single sir sister
sit site sites sitting situation size skills skin sleep slow small smart social socialist society solution some
somebody somehow someone something sometimes somewhere son song soon sorry sort soul sound sounds source sources
south southern space spanish speak speaking special specific specifically speech spend spending spent sports
spread stand standard standards standing star start started starting starts state stated statement statements
states status stay steal step stick still stop stopped store stories story straight strange street streets
strong stuck student students study stuff style subject successful such suck sucks suffer suffering suggest
summary summer super support supported supporters supporting supports suppose supposed supremacist supremacists
supremacy sure surely surprise surprised suspect swear sweet system take taken takes taking talk talked talking
talks target taught tax taxes teach teacher teachers team tell telling tells template tend term terms terrible
test texas text than thank thanks that the their them themselves then theory therapy there therefore these they
thing things think thinking thinks third this those though thought thoughts thousands thread three throat
through throw thus time times tiny tired title today together told tomorrow tonight too took top topic total
totally touch tough towards town toxic trade trans treat treated treatment tried tries troll trouble true truly
trust truth try trying turn turned turns twice two type types typical under understand understanding
unfortunately united university unless unlike until update upon upset use used useful user users uses using
usual usually valid value vandalism various veins verify version very victim victims video videos view views
violence violent visit voice vote voted voters votes voting wait waiting wake walk walking wall want wanted
wanting wants war warning wars was washington waste watch watched watching water way ways weak wear wearing web
website week weekend weeks weight weird welcome welfare well went were west western what whatever when whenever
where whether which while white whites who whole whom whose why wife will willing win wing winning wish with
within without woman women won wonder wonderful wondering wont word words work worked workers working works
world worried worry worse worst worth would wow wrist wrists write writing written wrong wrote yankees yeah year
years yellow yes yesterday yet york you young your yours yourself zero
"""

_SHORT = """
a i r u am an as at be by do go he if im in is it me my no of on or so to up ur us we
"""

_HAN_HIDDEN = """
傻逼 傻比 傻屄 煞笔 沙比 傻子 傻瓜 傻狗 傻缺 傻叉 操你 草你 艹你 日你 干你 操你妈 草泥马 去你妈
你妈的 他妈的 他妈 妈的 妈逼 尼玛 你妈逼 滚蛋 滚开 滚出去 去死 找死 该死 死全家 全家死 贱人 贱货
贱婢 婊子 妓女 娼妓 垃圾 废物 白痴 智障 脑残 弱智 蠢货 蠢猪 蠢驴 笨蛋 笨猪 混蛋 王八 王八蛋
畜生 杂种 狗屎 狗屁 狗日 狗东西 母狗 舔狗 走狗 疯狗 死妈 没妈 杂碎 败类 人渣 渣男 渣女 屌丝
屌毛 鸡巴 鸡吧 黑鬼 白皮猪 倭寇 鬼子 支那 绿教 阿三 棒子 蛮子 娘炮 变态 流氓 骚货 骚逼 荡妇
淫荡 淫贱 恶心 臭逼 装逼 逼样 杀你 杀了你 弄死 打死 砍死 捅死 杀人 自杀 割腕 跳楼 强奸 轮奸
迷奸 做爱 约炮 嫖娼 卖淫 色情 裸聊 裸照 口交 肛交 自慰 阴道 阴茎 奶子 情色 援交 毒品 冰毒 大麻
赌博 赌场 博彩 彩票 微信 加微 加我 兼职 刷单 贷款 代开 发票 办证 诈骗 代孕 枪支 炸弹 炸药
"""

HIDDEN = frozenset(_HIDDEN.split())
"""What writers hide from filters: abuse, threats, drugs, lures. Not a list of verdicts."""

COMMON = frozenset(_COMMON.split())
"""Frequent English words of three letters and more."""

SHORT = frozenset(_SHORT.split())
"""Words that may stand next to longer ones in a run of spaced letters."""

HAN_HIDDEN = frozenset(_HAN_HIDDEN.split())
"""The same as `HIDDEN` in Chinese, two to four characters each."""
